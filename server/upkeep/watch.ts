/**
 * What an operator watches, asked of the database when somebody looks (`/metrics`) and now and then by ourselves: events that wait
 * though somebody should read them are the one thing that must not go unnoticed.
 */
import { sql } from 'kysely'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { statementsSent } from '#server/platform/connection.ts'
import type { Database } from '#server/platform/database.ts'
import type { DiskRoom } from '#server/platform/disk-room.ts'
import type { Log } from '#server/platform/log.ts'
import type { Metrics } from '#server/platform/metrics.ts'

export interface WatchDeps {
  readonly database: Database
  readonly metrics: Metrics
  readonly log: Log
  workspaces(): Promise<WorkspaceId[]>
  /** By how much the database's clock has run away from ours. */
  clockDiffersByMs(): number
  /** Of the data folder; null: not known. */
  diskRoom(): Promise<DiskRoom | null>
  everyMs?: number
}

export interface Watch {
  /** These were brought into their conversations. */
  came(
    messages: readonly { channel: ChannelId; content: Content }[],
    channels: ReadonlyMap<ChannelId, LiveChannel>,
  ): void
  /** One left. */
  left(): void
  /** What somebody must look at now: told by `/readyz` and in the window, as `parley_alarm` tells it by `/metrics`. */
  alarms(): Promise<readonly Alarm[]>
  close(): Promise<void>
}

export type Alarm = 'events_wait' | 'disk_full'

const LOOK_MS = 15_000
const ALARM_SECONDS = 60
/** Several gauges come from one look; a scrape asks for all of them at once. */
const FRESH_MS = 5_000

export function watch(deps: WatchDeps): Watch {
  const { database, metrics, log, workspaces, clockDiffersByMs, diskRoom } = deps
  const plumbing = remembered(() => lookAtPlumbing(database))
  const channels = remembered(async () => lookAtWorkspaces(database, await workspaces()))

  const messages = metrics.counter('messages_total', 'Messages that this process brought in or sent')
  const unknown = metrics.counter('unknown_parts_total', 'Parts of messages that we have no name for yet', [
    'connector',
  ])
  let seen = { statements: 0, messages: 0 }
  let total = 0
  const count = (times: number) => {
    total += times
    messages.add(undefined, times)
  }
  metrics.gauge('statements_per_message', 'SQL statements of this process per message, since the last look', [], () => {
    const now = { statements: statementsSent(), messages: total }
    const since = { statements: now.statements - seen.statements, messages: now.messages - seen.messages }
    seen = now
    return since.messages === 0 ? 0 : since.statements / since.messages
  })
  metrics.gauge('events', 'Events of platforms, by where they stand', ['state'], async () => {
    const { waiting, parked, quarantined } = await plumbing()
    return [
      [{ state: 'waiting' }, waiting],
      [{ state: 'parked' }, parked],
      [{ state: 'quarantined' }, quarantined],
    ]
  })
  metrics.gauge(
    'events_oldest_waiting_seconds',
    'Age of the oldest event that nobody has read',
    [],
    async () => (await plumbing()).oldest,
  )
  metrics.gauge('deliveries', 'Deliveries that have not ended, by where they stand', ['state'], async () => {
    const { queued, sending, held } = await plumbing()
    return [
      [{ state: 'queued' }, queued],
      [{ state: 'sending' }, sending],
      [{ state: 'held' }, held],
    ]
  })
  metrics.gauge(
    'deliveries_unconfirmed_ratio',
    'Of the deliveries of 24 hours, those nobody knows about',
    [],
    async () => (await channels()).unconfirmed,
  )
  metrics.gauge('channels', 'Channels by their state', ['connector', 'state'], async () =>
    (await channels()).states.map(({ connector, state, count }) => [{ connector, state }, count]),
  )
  metrics.gauge('breakers', 'Channels whose sending was interrupted', ['state'], async () =>
    (await channels()).breakers.map(({ state, count }) => [{ state }, count]),
  )
  metrics.gauge(
    'feed_lag_seconds',
    'Age of the oldest writing transaction: the feed waits for it',
    [],
    async () => (await plumbing()).lag,
  )
  metrics.gauge(
    'clock_differs_seconds',
    'How far the clock has jumped; 0: it agrees',
    [],
    () => clockDiffersByMs() / 1000,
  )
  const alarm = metrics.gauge('alarm', '1: somebody must look', ['about'])

  const timer = setInterval(() => void look(), deps.everyMs ?? LOOK_MS)
  let looking = Promise.resolve()
  let isWaiting = false
  let isFull = false
  const look = () =>
    (looking = plumbing()
      .then((found) => {
        const { waiting, oldest, lag } = found
        const waits = areUnread(found)
        alarm.set(waits ? 1 : 0, { about: 'events' })
        alarm.set(lag > 2 ? 1 : 0, { about: 'feed' })
        if (waits && !isWaiting)
          log.error(
            { waiting, oldestSeconds: Math.round(oldest) },
            'ALARM: events wait and nobody reads them; is a process with the role "worker" running?',
          )
        if (!waits && isWaiting) log.warn('events are read again')
        isWaiting = waits
      })
      // the database is away: /readyz says so
      .catch(() => {})
      .then(lookAtDisk))

  // Asked apart from the database: that cannot answer when its disk is full.
  async function lookAtDisk(): Promise<void> {
    const room = await diskRoom()
    const full = room?.isNearlyFull ?? false
    alarm.set(full ? 1 : 0, { about: 'disk' })
    if (full && !isFull)
      log.error({ freeBytes: room?.freeBytes }, 'ALARM: the disk is nearly full; make room before messages are refused')
    if (!full && isFull) log.warn('the disk has room again')
    isFull = full
  }

  return {
    alarms: async () => [
      ...(areUnread(await plumbing()) ? ['events_wait' as const] : []),
      ...((await diskRoom())?.isNearlyFull ? ['disk_full' as const] : []),
    ],
    came: (given, channels) => {
      count(given.length)
      for (const { channel, content } of given)
        for (const part of content.parts)
          if (part.kind === 'unknown') unknown.add({ connector: channels.get(channel)?.folder ?? '' })
    },
    left: () => count(1),
    close: async () => {
      clearInterval(timer)
      await looking
    },
  }
}

const areUnread = ({ waiting, oldest }: Plumbing): boolean => waiting > 0 && oldest > ALARM_SECONDS

function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: { at: number; answer: Promise<T> } | undefined
  return () => {
    if (!known || performance.now() - known.at > FRESH_MS) {
      const asked = { at: performance.now(), answer: ask() }
      known = asked
      // Whoever asks after a failure asks anew.
      asked.answer.catch(() => known === asked && (known = undefined))
    }
    return known.answer
  }
}

interface Plumbing {
  waiting: number
  parked: number
  quarantined: number
  oldest: number
  queued: number
  sending: number
  held: number
  lag: number
}

async function lookAtPlumbing(database: Database): Promise<Plumbing> {
  const { rows } = await sql<Plumbing>`
    select i.*, d.*, coalesce((
             select extract(epoch from clock_timestamp() - min(xact_start))::float8 from pg_stat_activity
              where backend_xid is not null and datname = current_database()), 0) as lag
      from (select count(*) filter (where state = 0)::int as waiting, count(*) filter (where state = 1)::int as parked,
                   count(*) filter (where state = 2)::int as quarantined,
                   coalesce(extract(epoch from now() - min(changed_at) filter (where state = 0 and ready_at <= now())), 0)::float8 as oldest
              from inbound_work) i,
           (select count(*) filter (where state = 0)::int as queued, count(*) filter (where state in (1, 2))::int as sending,
                   count(*) filter (where state = 3)::int as held from delivery_work) d`.execute(database.plumbing)
  return rows[0]!
}

interface OfWorkspaces {
  unconfirmed: number
  states: { connector: string; state: string; count: number }[]
  breakers: { state: string; count: number }[]
}

async function lookAtWorkspaces(database: Database, workspaces: readonly WorkspaceId[]): Promise<OfWorkspaces> {
  const states = new Map<string, OfWorkspaces['states'][number]>()
  const breakers = new Map<string, number>()
  let unconfirmed = 0
  let all = 0
  for (const workspace of workspaces)
    await database.inWorkspace(workspace, async (tx) => {
      const channels = await sql<{ connector: string; state: string; breaker: string }>`
        select c.connector, c.state, coalesce(p.breaker, 'closed') as breaker
          from channel c left join channel_pace p on p.workspace_id = c.workspace_id and p.channel_id = c.id
         where c.workspace_id = ${workspace} and c.removed_at is null`.execute(tx)
      for (const { connector, state, breaker } of channels.rows) {
        const key = `${connector} ${state}`
        states.set(key, { connector, state, count: (states.get(key)?.count ?? 0) + 1 })
        breakers.set(breaker, (breakers.get(breaker) ?? 0) + 1)
      }
      const ended = await sql<{ all: number; unconfirmed: number }>`
        select count(*)::int as all, count(*) filter (where state = 'unconfirmed')::int as unconfirmed
          from delivery where workspace_id = ${workspace} and id >= first_id_of(now() - interval '24 hours')`.execute(
        tx,
      )
      all += ended.rows[0]!.all
      unconfirmed += ended.rows[0]!.unconfirmed
    })
  return {
    unconfirmed: all === 0 ? 0 : unconfirmed / all,
    states: [...states.values()],
    breakers: [...breakers].map(([state, count]) => ({ state, count })),
  }
}
