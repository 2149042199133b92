import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { Connector, Incoming, Reply } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { DeliveryId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import { plain, wordsOf, type Content } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { backTopic, stateKeeper, type SetState } from '#server/channels/state.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import type { StatusTold } from '#server/conversations/told.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import type { Lease } from '#server/platform/leases.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { say } from './enqueue.ts'
import { failExpired } from './fail-waiting.ts'
import { startSender } from './sender.ts'
import { applyStatuses } from './status.ts'

const { database } = await aDatabase()
const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

test('a delivery is queued, then being sent while the platform thinks, then sent', async () => {
  const { own, ask, states, announced } = await aShop()
  let answer = (_: Reply) => {}
  own(() => new Promise((resolve) => (answer = resolve)))
  await ask('hello')
  const before = await announced()
  await until(async () => (await states())[0] === 'sending')
  expect(await announced()).toBeGreaterThan(before)
  answer(ok)
  await until(async () => (await states())[0] === 'sent')
})

test('a send that was not taken is queued again', async () => {
  const { own, ask, states, work } = await aShop()
  own(() => Promise.reject(new SendError('throttled', { after: 30 })))
  await ask('hello')
  await until(async () => (await work())[0]?.waits === 1)
  expect(await states()).toEqual(['queued'])
  expect(await work()).toMatchObject([{ state: 0, tries: 0, waits: 1 }])
})

test('what a dead owner was sending is queued again where the platform folds twins, and goes once more', async () => {
  const { own, ask, states } = await aShop({ idempotency: { seconds: 3600 } })
  const dead = own(() => new Promise(() => {}))
  await ask('hello')
  await until(async () => (await states())[0] === 'sending')
  dead.vanish()
  let asked = 0
  own(() => Promise.resolve((asked++, ok)))
  await until(async () => (await states())[0] === 'sent')
  expect(asked).toBe(1)
})

test('"wait" of a platform binds the next owner too', async () => {
  const { own, ask, states, pace } = await aShop()
  const first = own(() => Promise.reject(new SendError('throttled', { after: 60 })))
  await ask('hello')
  await until(async () => (await pace())?.blocked)
  await first.handOver()
  await ask('and this')
  await sql`update delivery_work set ready_at = '-infinity'`.execute(database.plumbing)
  let asked = 0
  own(() => Promise.resolve((asked++, ok)))
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(asked).toBe(0)
  expect(await states()).toEqual(['queued', 'queued'])
})

test('expiry counts the time in which the channel could send, and no other', async () => {
  const { workspace, ask, states } = await aShop()
  const expire = () => database.inWorkspace(workspace, (tx) => failExpired(tx, workspace))
  const couldSend = (hours: number) =>
    database.inWorkspace(workspace, (tx) =>
      sql`insert into channel_pace (workspace_id, channel_id, open_ms, epoch)
          select workspace_id, id, ${hours * 3_600_000}, 1 from channel where workspace_id = ${workspace}
          on conflict (workspace_id, channel_id) do update set open_ms = excluded.open_ms`.execute(tx),
    )
  await couldSend(100)
  await ask('hello')
  await sql`update delivery_work set expires_at = now() - interval '3 days'`.execute(database.plumbing)
  await couldSend(123)
  expect(await expire()).toBe(0)
  await couldSend(125)
  expect(await expire()).toBe(1)
  expect(await states()).toEqual(['failed'])
})

test('the open time of a channel grows while it is open, and stands still while it is not', async () => {
  const { channel, own, pace } = await aShop()
  const owner = own(() => Promise.resolve(ok))
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await owner.handOver()
  const { open } = (await pace())!
  expect(open).toBeGreaterThan(0)

  channel.state = 'signed_out'
  const next = own(() => Promise.resolve(ok))
  await new Promise((resolve) => setTimeout(resolve, 300))
  await next.handOver()
  expect(await pace()).toMatchObject({ open, epoch: 2 })
})

test('after an outage what waits leaves within seconds, and the channel is told as away and as back', async () => {
  const { own, ask, states, channelStates } = await aShop()
  const platform = aPlatform()
  own(platform.answer, platform.probe)
  platform.away = true
  await ask('one')
  await ask('two')
  await until(async () => (await channelStates()).includes('retrying'))
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  expect(await states()).toEqual(['queued', 'queued'])
  platform.away = false
  await until(async () => (await states()).every((state) => state === 'sent'), 8_000)
  expect(await channelStates()).toEqual(['retrying', 'ready'])
}, 40_000)

test('a sign of life wakes at once what waits for the wire', async () => {
  const { own, ask, states, channel, hints } = await aShop()
  const platform = aPlatform()
  // Nobody probes here: it hangs.
  own(platform.answer, () => new Promise(() => {}))
  platform.away = true
  await ask('one')
  await until(() => platform.refused >= 3)
  platform.away = false
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(await states()).toEqual(['queued'])
  hints.tell(backTopic(channel.id))
  await until(async () => (await states())[0] === 'sent', 2_000)
}, 40_000)

test('a new owner of a channel that was left away looks at once whether it is back', async () => {
  const { own, ask, states, channel } = await aShop()
  channel.state = 'retrying'
  await ask('one')
  const platform = aPlatform()
  own(platform.answer, platform.probe)
  await until(async () => (await states())[0] === 'sent', 4_000)
  expect(channel.state).toBe('ready')
})

test('what may have arrived does not go again once its platform has forgotten the key', async () => {
  const { own, ask, states, work, workspace } = await aShop({ idempotency: { seconds: 3_600 } })
  let asked = 0
  own(() => Promise.reject((asked++, new WireBroken('cut', true))))
  await ask('hello')
  await until(async () => (await work())[0]?.waits === 1)
  await database.inWorkspace(workspace, (tx) =>
    sql`update delivery set queued_at = now() - interval '2 hours' where workspace_id = ${workspace}`.execute(tx),
  )
  await until(async () => (await states())[0] === 'unconfirmed')
  expect(asked).toBe(1)
})

test('a message of which the second piece was refused has failed, whatever is told of the first', async () => {
  const { own, ask, states, report } = await aShop({ text: { max: 12, unit: 'utf16', marks: {} } })
  let asked = 0
  own(() => (asked++ === 0 ? Promise.resolve(ok) : Promise.reject(new SendError('refused'))))
  await ask('one two three four five')
  await until(async () => (await states())[0] === 'failed')
  await report('read')
  expect(await states()).toEqual(['failed'])
})

test('a failure that is reported before the answer is not undone by a good answer', async () => {
  const { own, ask, states, work, report } = await aShop()
  let answer = (_: Reply) => {}
  let asked = false
  own(() => new Promise((resolve) => ((asked = true), (answer = resolve))))
  await ask('hello')
  await until(() => asked)
  await report('failed')
  answer(ok)
  await until(async () => (await work()).length === 0)
  expect(await states()).toEqual(['failed'])
})

test('a report that names a message before the answer has named it waits for the name, and counts then', async () => {
  const { own, ask, states, work, hear, parked } = await aShop()
  let answer = (_: Reply) => {}
  let asked = false
  own(() => new Promise((resolve) => ((asked = true), (answer = resolve))))
  await ask('hello')
  await until(() => asked)
  const report: Incoming = { is: 'status', target: { chat: 'ann', id: 'out-1' }, state: 'delivered', at: new Date() }
  await hear(report)
  expect(await parked()).toEqual([1])
  answer(ok)
  await until(async () => (await work()).length === 0)
  // Its turn has come again; the worker reads it as any other.
  expect([await states(), await parked()]).toEqual([['sent'], [0]])
  await hear(report)
  expect([await states(), await parked()]).toEqual([['delivered'], []])
})

test('what comes behind a message that waits for its next try waits too, and both leave in their order', async () => {
  const { own, ask, states, work, channel } = await aShop()
  const left: string[] = []
  channel.connector = {
    outgoing: function* ({ content }: { content: Content }) {
      left.push(wordsOf(content))
      yield { via: 'http', method: 'POST', url: 'https://pigeon.example', final: true }
      return { ids: [`out-${left.length}`] }
    },
  } as unknown as Connector
  let isReady = false
  own(() => (isReady ? Promise.resolve(ok) : Promise.reject(new SendError('media_not_ready'))))
  await ask('first')
  await until(async () => (await work())[0]?.tries === 1)
  await ask('second')
  // Long enough for one that would overtake.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(new Set(left)).toEqual(new Set(['first']))
  isReady = true
  await until(async () => {
    await sql`update delivery_work set ready_at = '-infinity' where ready_at > now()`.execute(database.plumbing)
    return (await states()).every((state) => state === 'sent')
  })
  expect(left.slice(-2)).toEqual(['first', 'second'])
})

test('a message that its platform refuses for good has failed with the reason, and its lane goes on', async () => {
  const { own, ask, states, work } = await aShop()
  let asked = 0
  own(() => (asked++ === 0 ? Promise.reject(new SendError('blocked')) : Promise.resolve(ok)))
  await ask('to somebody who blocked us')
  await ask('to him as well')
  await until(async () => (await work()).length === 0)
  expect(await states()).toEqual(['failed', 'sent'])
  expect(asked).toBe(2)
})

test('a refusal in words that no database keeps is a refusal, and what others say goes out', async () => {
  const { own, ask, states } = await aShop()
  let asked = 0
  own(() =>
    asked++ === 0
      ? Promise.reject(new SendError('refused', { words: 'no\u0000 and half an emoji \uD83D' }))
      : Promise.resolve(ok),
  )
  await ask('what it does not like')
  await ask('what it likes')
  await until(async () => (await states()).every((state) => state !== 'queued' && state !== 'sending'))
  expect(await states()).toEqual(['failed', 'sent'])
})

test('what goes into hold while its file goes up does not leave', async () => {
  const { own, ask, work, channel } = await aShop()
  channel.connector = {
    outgoing: function* () {
      yield { via: 'http', method: 'POST', url: 'https://pigeon.example/upload' }
      yield { via: 'http', method: 'POST', url: 'https://pigeon.example', final: true }
      return { ids: ['out'] }
    },
  } as unknown as Connector
  let answer = (_: Reply) => {}
  let asked = 0
  own(() => new Promise((resolve) => (asked++, (answer = resolve))))
  await ask('hello')
  await until(() => asked === 1)
  channel.hold = true
  answer(ok)
  await until(async () => (await work())[0]?.state === 0)
  expect(asked).toBe(1)
})

/** A platform that may be away: 503, for questions and for messages. */
function aPlatform() {
  const platform = {
    away: false,
    refused: 0,
    answer: async () => {
      await platform.probe()
      return ok
    },
    probe: async () => {
      if (!platform.away) return
      platform.refused++
      throw new SendError('platform_down')
    },
  }
  return platform
}

const ok: Reply = { status: 200, headers: {}, body: {}, text: '' }

/** A channel whose platform is a function, with one person to write to. */
async function aShop(more: Partial<Abilities> = {}) {
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
    ending.push(handOver)
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
