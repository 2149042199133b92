/** The database as its owner sees it. */
import pg from 'pg'
import { connectionTo } from '../../platform/connection.ts'
import { migrationsWaiting } from '../../platform/migrate.ts'
import { OWNER_PASSES } from '../../platform/owner-passes.ts'
import { inspectProgramRole, programLogin, programUrlOf } from '../../platform/program-role.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Finding } from './finding.ts'

const CLOCKS_DIFFER_SECONDS = 5

export async function lookAtServer(ownerUrl: string, settings: Settings): Promise<Finding[]> {
  const owner = new pg.Client(connectionTo(ownerUrl))
  owner.on('error', () => {})
  try {
    await owner.connect()
  } catch (error) {
    const code = settings.databaseUrl ? 'unreachable' : 'does_not_answer'
    return [
      { about: 'database', level: 'bad', code, values: { why: (error as Error).message, folder: settings.dataDir } },
    ]
  }
  try {
    return [
      ...(await lookAtSettings(owner)),
      await lookAtPooler(owner),
      await lookAtMigrations(owner),
      await lookAtRole(ownerUrl, settings),
      await lookAtWall(owner),
    ]
  } finally {
    await owner.end().catch(() => {})
  }
}

async function lookAtSettings(owner: pg.Client): Promise<Finding[]> {
  const asked = Date.now()
  const { rows } = await owner.query<{
    version: string
    number: number
    off: string[]
    standbys: string
    size: string
    now: Date
  }>(`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
           array(select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off') as off,
           current_setting('synchronous_standby_names') as standbys, clock_timestamp() as now,
           pg_size_pretty(pg_database_size(current_database())) as size`)
  const { version, number, off, standbys, size, now } = rows[0]!
  const drift = Math.round((now.getTime() - (asked + Date.now()) / 2) / 1000)
  return [
    number < 150_000
      ? { about: 'database', level: 'bad', code: 'too_old', values: { version } }
      : { about: 'database', level: 'good', code: 'reachable', values: { version, size } },
    off.length > 0
      ? { about: 'durability', level: 'bad', code: 'off', values: { names: off.join(', ') } }
      : { about: 'durability', level: 'good', code: 'on' },
    standbys === ''
      ? { about: 'failover', level: 'note', code: 'no_standby' }
      : { about: 'failover', level: 'good', code: 'standby', values: { standbys } },
    Math.abs(drift) > CLOCKS_DIFFER_SECONDS
      ? { about: 'clock', level: 'bad', code: 'differs', values: { seconds: drift } }
      : { about: 'clock', level: 'good', code: 'agrees' },
  ]
}

/** Leases and hints live in a session; a pooler that changes servers between transactions loses both. */
async function lookAtPooler(owner: pg.Client): Promise<Finding> {
  const heard = new Promise<boolean>((resolve) => {
    owner.once('notification', () => resolve(true))
    setTimeout(() => resolve(false), 1_000).unref()
  })
  const pid = async () => (await owner.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
  await owner.query('listen parley_doctor')
  const before = await pid()
  await owner.query('notify parley_doctor')
  const same = before === (await pid())
  return same && (await heard)
    ? { about: 'pooler', level: 'good', code: 'direct' }
    : { about: 'pooler', level: 'bad', code: 'between' }
}

async function lookAtMigrations(owner: pg.Client): Promise<Finding> {
  const { waiting, newer } = await migrationsWaiting(owner)
  if (newer) return { about: 'migrations', level: 'bad', code: 'newer', values: { file: newer } }
  return waiting > 0
    ? { about: 'migrations', level: 'bad', code: 'waiting', values: { waiting } }
    : { about: 'migrations', level: 'good', code: 'all' }
}

async function lookAtRole(ownerUrl: string, { dataDir, key }: Settings): Promise<Finding> {
  const login = await programLogin(dataDir, key)
  try {
    await inspectProgramRole(programUrlOf(ownerUrl, login))
    return { about: 'role', level: 'good', code: 'bound', values: { role: login.role } }
  } catch (error) {
    // The role's password is made from the key.
    if (key && (error as { code?: string }).code === '28P01')
      return { about: 'key', level: 'bad', code: 'another', values: { role: login.role } }
    return { about: 'role', level: 'bad', code: 'wrong', values: { why: (error as Error).message } }
  }
}

/** The short form of what the tests prove at length: every table of a workspace is guarded, no partition is open. */
async function lookAtWall(owner: pg.Client): Promise<Finding> {
  const { rows } = await owner.query<{ found: string }>(
    `
    select c.relname::text as found from pg_class c
     where c.relnamespace = to_regnamespace('parley') and c.relkind in ('r', 'p') and not c.relispartition
       and exists (select from pg_policy p where p.polrelid = c.oid) and not (c.relrowsecurity and (c.relforcerowsecurity or c.relname = any ($1)))
    union all
    select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) g
     where c.relnamespace = to_regnamespace('parley_parts') and g.grantee <> c.relowner`,
    [OWNER_PASSES],
  )
  return rows.length > 0
    ? { about: 'wall', level: 'bad', code: 'hole', values: { tables: rows.map(({ found }) => found).join(', ') } }
    : { about: 'wall', level: 'good', code: 'whole' }
}
