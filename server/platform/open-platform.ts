/** What every part of the program stands on, built once for a process: its database, clock, keys, files and ways out. */
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import { statementsSent } from './connection.ts'
import { openDatabase, type Database } from './database.ts'
import { openFiles, type Files } from './files/files.ts'
import { guardedHttp, type GuardedHttp } from './guarded-http/guarded-http.ts'
import { postgresHints, type Hints } from './hints.ts'
import { keepTime } from './keep-time.ts'
import type { Log } from './log.ts'
import { openMetrics, type Metrics } from './metrics.ts'
import { programClock } from './new-id.ts'
import { noticeLoss, placeOf } from './notice-loss.ts'
import { makePartitions } from './partitions.ts'
import { databaseKeyStore } from './secrets/key-store.ts'
import { openSecrets, type Secrets } from './secrets/secrets.ts'
import type { Settings } from './settings.ts'

export interface Platform {
  readonly database: Database
  readonly hints: Hints
  readonly secrets: Secrets
  readonly files: Files
  readonly http: GuardedHttp
  readonly metrics: Metrics
  clockDiffersByMs(): number
  workspaces(): Promise<WorkspaceId[]>
  /** @throws when the database does not answer; its loss and its return are told to the log, once each */
  answers(): Promise<void>
  /** The last of all to be closed. */
  close(): Promise<void>
}

export async function openPlatform(settings: Settings, programUrl: string, log: Log): Promise<Platform> {
  const database = openDatabase({ url: programUrl })
  const asked = programClock.monotonicMs()
  programClock.correct(await database.now(), asked)
  await makePartitions(database)
  const noticed = noticeLoss({
    log,
    clock: programClock,
    place: settings.databaseUrl ? placeOf(settings.databaseUrl) : null,
  })
  const time = keepTime({ now: () => noticed(database.now()), clock: programClock, log })
  const metrics = openMetrics({ ofProcess: true })
  metrics.gauge('statements_total', 'SQL statements sent by this process', [], statementsSent)
  const hints = postgresHints(database, log)
  const secrets = await openSecrets({
    dataDir: settings.dataDir,
    key: settings.key,
    store: databaseKeyStore(database),
    clock: programClock,
  })
  const http = guardedHttp({ privateHosts: settings.privateHosts })
  return {
    database,
    hints,
    secrets,
    files: openFiles({ files: settings.files, dataDir: settings.dataDir, secrets, clock: programClock }),
    http,
    metrics,
    clockDiffersByMs: time.differsByMs,
    workspaces: async () => {
      const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
        database.plumbing,
      )
      return rows.map((row) => row.id)
    },
    answers: async () => void (await noticed(database.now())),
    close: async () => {
      await hints.close()
      await http.close()
      await time.close()
      await database.close()
    },
  }
}
