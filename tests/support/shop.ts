/** An outbox over a real database: one channel, one person, and owners that come, go and vanish. */
import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import type { Connector, Incoming, Reply } from '#connector-kit/connector.ts'
import type { DeliveryId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import { plain } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { stateKeeper, type SetState } from '#server/channels/state.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import type { StatusTold } from '#server/conversations/told.ts'
import { say } from '#server/delivery/enqueue.ts'
import { startSender } from '#server/delivery/sender.ts'
import { applyStatuses } from '#server/delivery/status.ts'
import type { Database } from '#server/platform/database.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import type { Lease } from '#server/platform/leases.ts'
import { silentLog } from './parts.ts'
import { aChannel, aWorkspace, said, told } from './world.ts'

/** What a platform says that takes a message. */
export const ok: Reply = { status: 200, headers: {}, body: {}, text: '' }

/** Whose messages have a file that goes up first, as often as it likes. */
export const uploading = {
  outgoing: function* () {
    yield { via: 'http', method: 'POST', url: 'https://pigeon.example/upload' }
    yield { via: 'http', method: 'POST', url: 'https://pigeon.example', final: true }
    return { ids: ['out'] }
  },
} as unknown as Connector

/** A channel whose platform is a function, with one person to write to; what owns it ends with the test. */
export async function aShop(database: Database, more: Partial<Abilities> = {}) {
  const workspace = await aWorkspace(database)
  const realm = await aChannel(database, workspace)
  const inTurn = <T>(work: Parameters<typeof database.inWorkspace<T>>[1]) => database.inWorkspace(workspace, work)
  await inTurn((tx) => recordIncoming(tx, workspace, [told(realm, [said('in', 'hello')])]))
  const { rows } = await inTurn((tx) =>
    sql<{ conversation: never; identity: never }>`
      select conversation_id as conversation, identity_id as identity from message where workspace_id = ${workspace}`.execute(
      tx,
    ),
  )
  const { conversation, identity } = rows[0]!
  let sent = 0
  const connector = {
    outgoing: function* () {
      yield { via: 'http', method: 'POST', url: 'https://pigeon.example', final: true }
      return { ids: [`out-${++sent}`] }
    },
  } as unknown as Connector
  const channel = {
    ...realm,
    workspace,
    connector,
    settings: {},
    state: 'ready',
    hold: false,
    version: 1,
    abilities: { text: { max: 4096, formats: [] }, pacing: {}, confirms: 'id', ...more },
  } as unknown as { -readonly [K in keyof LiveChannel]: LiveChannel[K] }
  const hints = inProcessHints()
  let epoch = 0
  const keepState = stateKeeper({ database, hints })
  const seen: ChannelState[] = []
  const setState: SetState = async (which, change) => {
    await keepState(which, change)
    channel.state = change.state
    if (seen.at(-1) !== change.state) seen.push(change.state)
  }

  /** An owner of the channel, whose requests are answered like this. */
  function own(answer: () => Promise<Reply>, looks: () => Promise<void> = async () => {}) {
    const at = ++epoch
    const over = new AbortController()
    const calls = new AbortController()
    const sender = startSender({
      database,
      hints,
      channels: { get: async () => ({ ...channel }), active: async () => [], forget: () => {} },
      setState,
      wireOf: () => () =>
        Promise.race([
          answer(),
          new Promise<never>((_, reject) => calls.signal.addEventListener('abort', () => reject(new Error('ended')))),
        ]),
      probe: async () => {
        await looks()
        if (channel.state === 'retrying') await setState(channel, { state: 'ready' })
      },
      contextOf: () => ({}) as never,
      linkOf: () => null,
      pageOf: () => null,
      log: silentLog,
    })
    const lease: Lease = {
      workspace,
      name: `channel ${channel.id}`,
      epoch: at,
      left: () => 10_000,
      signal: over.signal,
    }
    const running = sql`
      insert into lease (workspace_id, name, epoch, beat, lock_key) values (${workspace}, ${lease.name}, ${at}, 0, 0)
      on conflict (workspace_id, name) do update set epoch = excluded.epoch`
      .execute(database.plumbing)
      .then(() => sender.own(lease, channel.id))
    const handOver = async () => {
      over.abort()
      calls.abort()
      await running
    }
    onTestFinished(handOver)
    return { handOver, vanish: () => (lease.left = () => 0) }
  }

  const ask = (words: string) =>
    inTurn((tx) =>
      say(tx, workspace, {
        conversation,
        content: plain(words),
        road: { identity, channel: channel.id, why: [] },
        member: null,
        cause: null,
        replyTo: null,
        thread: null,
        clientId: null,
        sendAt: null,
        class: 1,
      }),
    ).then(() => hints.tell(`delivery ${channel.id}`))

  const select = async <T>(query: ReturnType<typeof sql<T>>) => (await inTurn((tx) => query.execute(tx))).rows
  return {
    workspace,
    channel,
    hints,
    own,
    channelStates: async () => seen,
    ask,
    select,
    /** What the platform tells of all that was said. */
    report: (state: StatusTold['state']) =>
      inTurn(async (tx) => {
        const { rows: said } = await sql<{ id: DeliveryId }>`
          select id from delivery where workspace_id = ${workspace}`.execute(tx)
        const told = said.map(({ id }) => ({ delivery: id, state, at: new Date() }))
        await applyStatuses(tx, workspace, told, [])
      }),
    /** The platform tells it, in an event of its own or in the one that waited for its turn; what it tells is kept, or waits again. */
    hear: (incoming: Incoming) =>
      inTurn(async (tx) => {
        await sql`
          insert into inbound_work (workspace_id, channel_id, lane, inbound_id)
          select ${workspace}, ${channel.id}, 1, gen_random_uuid()
           where not exists (select from inbound_work where workspace_id = ${workspace})`.execute(tx)
        const { rows } = await sql<{ pos: number; inbound: never }>`
          select pos, inbound_id as inbound from inbound_work where workspace_id = ${workspace}`.execute(tx)
        const plan = await recordIncoming(tx, workspace, [{ ...told(realm, [incoming]), ...rows[0]! }])
        await applyStatuses(tx, workspace, plan.statuses, plan.watermarks)
        await sql`delete from inbound_work where workspace_id = ${workspace} and pos = any (${plan.applied}::bigint[])`.execute(
          tx,
        )
      }),
    /** Where the events of the platform stand that are not read: 1 waits for a name, 0 for its turn. */
    parked: async () =>
      (await select(sql<{ state: number }>`select state from inbound_work where workspace_id = ${workspace}`)).map(
        ({ state }) => state,
      ),
    states: async () =>
      (
        await select(sql<{ state: string }>`select state from delivery where workspace_id = ${workspace} order by id`)
      ).map(({ state }) => state),
    work: () =>
      select(
        sql<{
          state: number
          tries: number
          waits: number
        }>`select state, tries, waits from delivery_work where workspace_id = ${workspace} order by pos`,
      ),
    announced: async () =>
      (await select(sql<{ n: number }>`select count(*)::int as n from feed where workspace_id = ${workspace}`))[0]!.n,
    pace: async () =>
      (
        await select(
          sql<{
            open: number
            blocked: boolean
            epoch: number
          }>`select open_ms::float8 as open, coalesce(blocked_until > now(), false) as blocked, epoch::int from channel_pace where workspace_id = ${workspace}`,
        )
      )[0],
  }
}
