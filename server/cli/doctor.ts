import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import { verifyAudit } from '../members/audit.ts'
import { openDatabase, type Database } from '../platform/database.ts'
import { readSettings, type Settings } from '../platform/settings.ts'
import { reachDatabase } from './reach-database.ts'

interface Finding {
  what: string
  ok: boolean
  /** What it is, and what to do where it is not well. */
  words: string
}

/** `parley doctor`: what is wrong and what to do. Exit code 1 when something is. */
export async function doctor(_: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const settings = readSettings(env)
  const reached = await reachDatabase(settings, { beside: true })
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  try {
    const findings = [
      ...(await lookAtDatabase(database)),
      ...(await lookAtWork(database)),
      ...(await lookAtAudit(database)),
      ...lookAtSettings(settings),
    ]
    for (const { what, ok, words } of findings) console.log(`${ok ? 'ok  ' : 'LOOK'} ${what}: ${words}`)
    return findings.every((finding) => finding.ok) ? 0 : 1
  } finally {
    await database.close()
    await reached.stop()
  }
}

async function lookAtDatabase(database: Database): Promise<Finding[]> {
  const { rows } = await sql<{ version: string; synchronous: string; standbys: string; bytes: string }>`
    select current_setting('server_version') as version, current_setting('synchronous_commit') as synchronous,
           current_setting('synchronous_standby_names') as standbys, pg_size_pretty(pg_database_size(current_database())) as bytes`.execute(
    database.plumbing,
  )
  const { version, synchronous, standbys, bytes } = rows[0]!
  return [
    { what: 'database', ok: true, words: `PostgreSQL ${version}, ${bytes}` },
    {
      what: 'durability',
      ok: synchronous !== 'off',
      words:
        synchronous === 'off'
          ? 'synchronous_commit is off: acknowledged messages can be lost. Turn it on.'
          : 'every acknowledged message is on the disk',
    },
    {
      what: 'failover',
      ok: true,
      words: standbys
        ? `synchronous standby: ${standbys}`
        : 'no synchronous standby: a failover to a copy may lose the last commits',
    },
  ]
}

async function lookAtWork(database: Database): Promise<Finding[]> {
  const { rows } = await sql<{ waiting: number; oldest: number | null; quarantined: number; queued: number }>`
    select (select count(*)::int from inbound_work where state = 0) as waiting,
           (select extract(epoch from now() - min(changed_at))::int from inbound_work where state = 0) as oldest,
           (select count(*)::int from inbound_work where state = 2) as quarantined, (select count(*)::int from delivery_work) as queued`.execute(
    database.plumbing,
  )
  const { waiting, oldest, quarantined, queued } = rows[0]!
  const stuck = (oldest ?? 0) > 60
  return [
    {
      what: 'events',
      ok: !stuck,
      words: stuck
        ? `${waiting} wait, the oldest for ${oldest} s: is a process with the role "worker" running?`
        : `${waiting} wait to be read`,
    },
    {
      what: 'quarantine',
      ok: quarantined === 0,
      words:
        quarantined > 0
          ? `${quarantined} events could not be read: look at their channel, update Parley, replay them`
          : 'empty',
    },
    { what: 'outbox', ok: true, words: `${queued} deliveries wait to leave` },
  ]
}

async function lookAtAudit(database: Database): Promise<Finding[]> {
  const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
    database.plumbing,
  )
  const broken: string[] = []
  for (const { id } of rows) {
    const at = await database.inWorkspace(id, (tx) => verifyAudit(tx, id))
    if (at !== null) broken.push(`workspace ${id} at entry ${at}`)
  }
  return [
    {
      what: 'audit',
      ok: broken.length === 0,
      words:
        broken.length > 0
          ? `the chain is broken: ${broken.join('; ')}. Somebody changed rows behind Parley.`
          : `the chain of ${rows.length} workspaces holds`,
    },
  ]
}

function lookAtSettings(settings: Settings): Finding[] {
  const isPublic = !['127.0.0.1', '::1', 'localhost'].includes(settings.host)
  return [
    {
      what: 'address',
      ok: !isPublic || (settings.url?.startsWith('https://') ?? false),
      words: settings.url
        ? `reached at ${settings.url}`
        : isPublic
          ? 'listens beyond this machine without PARLEY_URL: set it to its https address'
          : 'on this machine only; webhooks need PARLEY_URL, else channels are polled',
    },
    {
      what: 'key',
      ok: true,
      words: settings.key
        ? 'from PARLEY_KEY'
        : 'a file in PARLEY_DATA: keep a copy elsewhere, a backup does not hold it',
    },
  ]
}
