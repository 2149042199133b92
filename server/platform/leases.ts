/**
 * One owner at a time, by rows. A lease names what may have one owner: a channel, the scheduler.
 *
 * The holder adds 1 to `beat` every 3 s, one statement for all its leases, and counts itself valid for 10 s on the monotonic clock
 * from before that statement. Its session holds an advisory lock; when that connection breaks it stops at once.
 * Others may take a lease when it was handed over, when they get its lock (the session is gone), or when its beat stood still for
 * 10 s of their own monotonic clock (frozen, cut off). There are no times in the rows: wall clocks may jump.
 * Every taking adds 1 to `epoch`; what the owner writes requires its epoch.
 */
import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import { buggify } from './buggify.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import type { Log } from './log.ts'

const BEAT_MS = 3_000
const VALID_MS = 10_000

export interface LeaseName {
  /** The nil UUID for leases of the whole program. */
  readonly workspace: WorkspaceId
  readonly name: string
}

export interface Lease extends LeaseName {
  readonly epoch: number
  /** Milliseconds of validity left on the monotonic clock; a write that others see needs at least half of `VALID_MS`. */
  left(): number
  /** Fires when the lease is lost or handed over. */
  readonly signal: AbortSignal
}

/** Less than this left: do not begin anything that others see. */
export const HALF_A_LEASE_MS = VALID_MS / 2

export interface Leases {
  /** Looks for free leases now instead of at the next beat. */
  look(): void
  held(): Lease[]
  /** Hands every lease over and stops. */
  close(): Promise<void>
}

export interface LeaseOptions {
  database: Database
  clock: Clock
  log: Log
  /** What should have an owner now, over the whole program. */
  wanted(): Promise<LeaseName[]>
  /** Runs while the lease is held; must end soon after its signal. The lease is handed over when it has ended. */
  own(lease: Lease): Promise<void>
}

interface Held extends Lease {
  beat: number
  validFrom: number
  readonly stop: AbortController
  ended: Promise<void>
}

interface Seen {
  epoch: number
  beat: number
  since: number
}

export async function startLeases(options: LeaseOptions): Promise<Leases> {
  const { database, clock, log } = options
  const me = crypto.randomUUID()
  const held = new Map<string, Held>()
  /** When a foreign lease's beat was last seen to move. */
  const seen = new Map<string, Seen>()
  const keyOf = (lease: LeaseName) => `${lease.workspace} ${lease.name}`
  let closing = false
  let session: Session | undefined
  let wake = () => {}

  async function round() {
    session ??= await openSession()
    await renew(session)
    if (!closing) await takeWhatIsFree(session)
  }

  interface Session {
    lockKey: bigint
    end(): Promise<void>
  }

  /** The connection whose life proves ours. */
  async function openSession(): Promise<Session> {
    const client = await database.session()
    const lockKey = BigInt(randomInt(1, 2 ** 47))
    await client.query('select pg_advisory_lock($1)', [lockKey.toString()])
    const opened: Session = { lockKey, end: () => client.end() }
    const broken = () => {
      if (session !== opened) return
      session = undefined
      for (const lease of held.values()) lease.stop.abort()
    }
    client.on('error', broken)
    client.on('end', broken)
    return opened
  }

  async function renew(now: Session) {
    const before = clock.monotonicMs()
    const mine = [...held.values()]
    if (mine.length > 0) {
      const { rows } = await sql<{ workspace_id: string; name: string }>`
        update lease set beat = beat + 1, lock_key = ${now.lockKey.toString()}
         from unnest(${mine.map((l) => l.workspace)}::uuid[], ${mine.map((l) => l.name)}::text[], ${mine.map((l) => l.epoch)}::bigint[])
              as mine (workspace, name, epoch)
        where lease.workspace_id = mine.workspace and lease.name = mine.name and lease.epoch = mine.epoch and lease.holder = ${me}
        returning lease.workspace_id, lease.name`.execute(database.plumbing)
      const renewed = new Set(rows.map((row) => `${row.workspace_id} ${row.name}`))
      for (const lease of mine) {
        if (renewed.has(keyOf(lease))) lease.validFrom = before
        else lease.stop.abort()
      }
    }
  }

  async function takeWhatIsFree(now: Session) {
    const wanted = (await options.wanted()).filter((lease) => !held.has(keyOf(lease)))
    if (wanted.length === 0) return
    const workspaces = wanted.map((l) => l.workspace)
    const names = wanted.map((l) => l.name)
    await sql`insert into lease (workspace_id, name, lock_key)
              select * from unnest(${workspaces}::uuid[], ${names}::text[]), (values (0::bigint)) as free (lock_key)
              on conflict do nothing`.execute(database.plumbing)
    const { rows } = await sql<{
      workspace_id: WorkspaceId
      name: string
      holder: string | null
      epoch: number
      beat: number
      gone: boolean
    }>`
      select l.workspace_id, l.name, l.holder, l.epoch, l.beat,
             -- a key that nobody locks belongs to a session that is gone
             not exists (select from pg_locks k where k.locktype = 'advisory' and k.objsubid = 1
                         and k.database = (select oid from pg_database where datname = current_database())
                         and (k.classid::bigint << 32) | k.objid::bigint = l.lock_key) as gone
        from lease l join unnest(${workspaces}::uuid[], ${names}::text[]) as w (workspace, name)
          on l.workspace_id = w.workspace and l.name = w.name`.execute(database.plumbing)
    for (const row of rows) {
      if (isFree(row)) await take(now, row)
    }
  }

  function isFree(row: {
    workspace_id: WorkspaceId
    name: string
    holder: string | null
    epoch: number
    beat: number
    gone: boolean
  }) {
    if (row.holder === null || row.gone) return true
    const key = `${row.workspace_id} ${row.name}`
    const before = seen.get(key)
    if (before === undefined || before.epoch !== row.epoch || before.beat !== row.beat) {
      seen.set(key, { epoch: row.epoch, beat: row.beat, since: clock.monotonicMs() })
      return false
    }
    return clock.monotonicMs() - before.since >= VALID_MS
  }

  async function take(now: Session, row: { workspace_id: WorkspaceId; name: string; epoch: number; beat: number }) {
    const before = clock.monotonicMs()
    const { rows } = await sql<{ epoch: number }>`
      update lease set holder = ${me}, epoch = epoch + 1, lock_key = ${now.lockKey.toString()}
       where workspace_id = ${row.workspace_id} and name = ${row.name} and epoch = ${row.epoch} and beat = ${row.beat}
      returning epoch`.execute(database.plumbing)
    const epoch = rows[0]?.epoch
    if (epoch === undefined) return
    await buggify('lease taken, not owned')
    const stop = new AbortController()
    const lease: Held = {
      workspace: row.workspace_id,
      name: row.name,
      epoch,
      beat: row.beat,
      validFrom: before,
      stop,
      signal: stop.signal,
      left: () => (stop.signal.aborted ? 0 : lease.validFrom + VALID_MS - clock.monotonicMs()),
      ended: Promise.resolve(),
    }
    held.set(keyOf(lease), lease)
    seen.delete(keyOf(lease))
    lease.ended = options
      .own(lease)
      .catch((error: unknown) => log.error({ error, lease: lease.name }, 'the owner of a lease failed'))
      .then(() => handOver(lease))
  }

  async function handOver(lease: Held) {
    lease.stop.abort()
    held.delete(keyOf(lease))
    await sql`update lease set holder = null where workspace_id = ${lease.workspace} and name = ${lease.name}
              and epoch = ${lease.epoch} and holder = ${me}`
      .execute(database.plumbing)
      .catch((error: unknown) => log.debug({ error }, 'a lease was left to lapse'))
  }

  async function beat() {
    while (!closing) {
      const rested = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, BEAT_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      try {
        await round()
      } catch (error) {
        log.debug({ error }, 'leases could not be renewed')
      }
      // Beyond its validity a lease is nobody's until the row says otherwise: stop before somebody else begins.
      for (const lease of held.values()) if (lease.left() <= 0) lease.stop.abort()
      if (!closing) await rested
    }
  }
  const beating = beat()

  return {
    look: () => wake(),
    held: () => [...held.values()],
    close: async () => {
      closing = true
      wake()
      await beating
      const ending = [...held.values()]
      for (const lease of ending) lease.stop.abort()
      await Promise.all(ending.map((lease) => lease.ended))
      await session?.end().catch(() => {})
    },
  }
}
