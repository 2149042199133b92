import { openLog } from '../platform/log.ts'
import { readSettings } from '../platform/settings.ts'
import { startProgram } from '../program.ts'
import { reachDatabase } from './reach-database.ts'

/** `parley start`: until a signal comes. Prints where it is ready, and the set-up link while there is no owner. */
export async function start(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(env)
  const log = openLog({ level: settings.logLevel, write: (line) => process.stderr.write(line) })
  const stopped = signalled()
  const reached = await reachDatabase(settings, { beside: false, say: (sentence) => log.warn(sentence) })
  try {
    const program = await startProgram(settings, reached.programUrl, log, { echo: args.includes('--echo') })
    if (program.url) console.log(`Parley is ready at ${program.url}`)
    if (program.setupUrl)
      console.log(`Nobody owns it yet. Open this link once to become its owner: ${program.setupUrl}`)
    await stopped
    await program.stop()
  } finally {
    await reached.stop()
  }
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
