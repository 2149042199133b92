/** The program that is measured: what `parley start` does once the database is there. Prints its address. */
import { openLog } from '#server/platform/log.ts'
import { readSettings } from '#server/platform/settings.ts'
import { startProgram } from '#server/program.ts'

const { BENCH_PROGRAM_URL: url, BENCH_ECHO: echo, BENCH_CONNECTORS: connectors, ...env } = process.env
const settings = readSettings(env)
const log = openLog({ level: settings.logLevel, write: (line) => process.stderr.write(line) })
const program = await startProgram(settings, url!, log, {
  echo: Boolean(echo),
  ...(connectors ? { connectors: new URL(connectors) } : {}),
})
process.once('SIGTERM', () => void program.stop().then(() => process.exit(0)))
console.log(program.url)
