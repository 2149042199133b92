/**
 * `parley doctor [--json]`: what is wrong and what to do about it. It changes nothing: no migration, no database is begun. Works beside a
 * running Parley, and without one it starts the embedded database for the look.
 */
import { openDatabase, type Database } from '../platform/database.ts'
import { attachEmbedded, startEmbedded } from '../platform/postgres/embedded.ts'
import { programLogin, programUrlOf } from '../platform/program-role.ts'
import { readSettings, type Settings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { lookAtMachine, mayUse } from './doctor/machine.ts'
import { lookAtServer } from './doctor/server.ts'
import { lookAtWork } from './doctor/work.ts'
import { worst, type Finding } from './doctor/finding.ts'
import { show } from './doctor/show.ts'
import { holdsDatabase } from './reach-database.ts'
import { languageOf } from './terminal.ts'
import { wordsOf } from './words-of.ts'

export async function doctor(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values } = wordsOf('doctor', args, { json: { type: 'boolean', default: false } })
  const findings = await examine(readSettings(env))
  console.log(
    values.json ? JSON.stringify({ verdict: worst(findings), findings }, null, 2) : show(findings, languageOf(env)),
  )
  return worst(findings) === 'bad' ? 1 : 0
}

async function examine(settings: Settings): Promise<Finding[]> {
  const machine = await lookAtMachine(settings)
  if (!(await mayUse(settings.dataDir))) return machine
  const found = await findDatabase(settings)
  if ('trouble' in found) return [...machine, found.trouble]
  const { ownerUrl, stop } = found
  try {
    const server = await lookAtServer(ownerUrl, settings)
    if (worst(server) === 'bad') return [...machine, ...server]
    const database = openDatabase({
      url: programUrlOf(ownerUrl, await programLogin(settings.dataDir, settings.key)),
      connections: 2,
    })
    try {
      return [...machine, ...server, ...(await lookAtWork(database, settings))]
    } catch (error) {
      return [
        ...machine,
        ...server,
        { about: 'role', level: 'bad', code: 'cannot_enter', values: { why: (error as Error).message } },
      ]
    } finally {
      await (database as Database).close()
    }
  } finally {
    await stop()
  }
}

type Found = { ownerUrl: string; stop: () => Promise<void> } | { trouble: Finding }

async function findDatabase({ databaseUrl, dataDir }: Settings): Promise<Found> {
  if (databaseUrl) return { ownerUrl: databaseUrl, stop: async () => {} }
  const running = await attachEmbedded({ dataDir })
  if (running) return { ownerUrl: running.url, stop: async () => {} }
  if (!(await holdsDatabase(dataDir)))
    return { trouble: { about: 'database', level: 'note', code: 'none_yet', values: { folder: dataDir } } }
  try {
    const embedded = await startEmbedded({ dataDir })
    return { ownerUrl: embedded.url, stop: () => embedded.stop() }
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    return { trouble: { about: 'database', level: 'bad', code: 'does_not_start', values: { why: error.message } } }
  }
}
