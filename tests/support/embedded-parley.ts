/**
 * Stands in for Parley in the tests of the embedded server: starts it on the folder given, says so in one line of JSON, and stops it on
 * SIGTERM. `node embedded-parley.ts FOLDER`; with `PATIENCE_MS`, a server that hangs so long is ended.
 */
import { startEmbedded } from '#server/platform/postgres/embedded.ts'

const say = (what: object) => console.log(JSON.stringify(what))
try {
  const began = performance.now()
  const hungMs = Number(process.env.PATIENCE_MS)
  const embedded = await startEmbedded({
    dataDir: process.argv[2]!,
    onTrouble: (trouble) => say({ trouble }),
    ...(hungMs ? { patience: { lookMs: hungMs / 4, hungMs } } : {}),
  })
  const alive = setInterval(() => {}, 60_000)
  process.once('SIGTERM', () => {
    clearInterval(alive)
    void embedded.stop().then(() => say({ stopped: true }))
  })
  say({ url: embedded.url, pid: embedded.pid(), ms: Math.round(performance.now() - began) })
} catch (error) {
  say({ failure: (error as Error).message, kind: (error as Error).name })
  process.exitCode = 1
}
