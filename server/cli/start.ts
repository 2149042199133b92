import { holdEverything } from '../delivery/hold.ts'
import { isBehindHighWater } from '../feed/high-water.ts'
import { openDatabase } from '../platform/database.ts'
import { beginLineage } from '../platform/lineage.ts'
import { openLog, type Log } from '../platform/log.ts'
import { readSettings } from '../platform/settings.ts'
import { reachDatabase, type Reached } from './reach-database.ts'
import { signalled } from './signalled.ts'
import { wordsOf } from './words-of.ts'

/** `parley start`: until a signal comes. Prints where it is ready, and the set-up link while there is no owner. */
export async function start(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values } = wordsOf('start', args, { echo: { type: 'boolean', default: false } })
  const settings = readSettings(env)
  const log = openLog({ level: settings.logLevel, write: (line) => process.stderr.write(line) })
  if (settings.natsUrl) log.warn('NATS_URL is not used by this version: hints between processes go through PostgreSQL')
  const stopped = signalled()
  // Reading the program takes a second, in which nothing else is done here: so not before PostgreSQL starts in its own process.
  const load = () => import('../program.ts')
  const reached = await reachDatabase(settings, {
    beside: false,
    say: (sentence) => log.warn(sentence),
    // What it fails with is told where it is awaited.
    onBusy: () => void load().catch(() => {}),
  })
  let left: readonly string[] = []
  try {
    await holdIfRestored(reached, settings.dataDir, log)
    const { startProgram } = await load()
    const program = await startProgram(settings, reached.programUrl, log, { echo: values.echo })
    console.log(
      program.url ? `Parley is ready at ${program.url}` : `Parley is ready: ${[...settings.roles].join(', ')}`,
    )
    if (program.setupUrl)
      console.log(`Nobody owns it yet. Open this link once to become its owner: ${program.setupUrl}`)
    await stopped
    left = await program.stop()
  } finally {
    await reached.stop()
  }
  // What hangs keeps the process alive.
  if (left.length > 0) process.exit(1)
}

/** A database that is older than what this machine has seen was restored by other hands: nothing leaves it unasked. */
async function holdIfRestored(reached: Reached, dataDir: string, log: Log): Promise<void> {
  const database = openDatabase({ url: reached.programUrl, connections: 1 })
  try {
    if (!(await isBehindHighWater(database, dataDir))) return
    await holdEverything(database)
    await beginLineage(reached.ownerUrl)
    log.warn('the database is older than what this machine has seen: nothing is sent until a member has decided')
    console.log(
      'The database was restored from an older copy. Nothing is sent until a member has decided (Settings, or POST /api/hold).',
    )
  } finally {
    await database.close()
  }
}
