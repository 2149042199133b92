import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Connector, Incoming, Reply } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { wordsOf, type Content } from '#contract/message/content.ts'
import { backTopic } from '#server/channels/state.ts'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { aShop, ok, uploading } from '#tests/support/shop.ts'
import { failExpired } from './fail-waiting.ts'

const { database } = await aDatabase()

test('a delivery is queued, then being sent while the platform thinks, then sent', async () => {
  const { own, ask, states, announced } = await aShop(database)
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
  const { own, ask, states, work } = await aShop(database)
  own(() => Promise.reject(new SendError('throttled', { after: 30 })))
  await ask('hello')
  await until(async () => (await work())[0]?.waits === 1)
  expect(await states()).toEqual(['queued'])
  expect(await work()).toMatchObject([{ state: 0, tries: 0, waits: 1 }])
})

test('what a dead owner was sending is queued again where the platform folds twins, and goes once more', async () => {
  const { own, ask, states } = await aShop(database, { idempotency: { seconds: 3600 } })
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
  const { own, ask, states, pace } = await aShop(database)
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
  const { workspace, ask, states } = await aShop(database)
  const expire = () => database.inWorkspace(workspace, (tx) => failExpired(tx, workspace, 10))
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
  const { channel, own, pace } = await aShop(database)
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
  const { own, ask, states, channelStates } = await aShop(database)
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
  const { own, ask, states, channel, hints } = await aShop(database)
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
  const { own, ask, states, channel } = await aShop(database)
  channel.state = 'retrying'
  await ask('one')
  const platform = aPlatform()
  own(platform.answer, platform.probe)
  await until(async () => (await states())[0] === 'sent', 4_000)
  expect(channel.state).toBe('ready')
})

test('what may have arrived does not go again once its platform has forgotten the key', async () => {
  const { own, ask, states, work, workspace } = await aShop(database, { idempotency: { seconds: 3_600 } })
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
  const { own, ask, states, report } = await aShop(database, { text: { max: 12, unit: 'utf16', marks: {} } })
  let asked = 0
  own(() => (asked++ === 0 ? Promise.resolve(ok) : Promise.reject(new SendError('refused'))))
  await ask('one two three four five')
  await until(async () => (await states())[0] === 'failed')
  await report('read')
  expect(await states()).toEqual(['failed'])
})

test('a failure that is reported before the answer is not undone by a good answer', async () => {
  const { own, ask, states, work, report } = await aShop(database)
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
  const { own, ask, states, work, hear, parked } = await aShop(database)
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
  const { own, ask, states, work, channel } = await aShop(database)
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
  const { own, ask, states, work } = await aShop(database)
  let asked = 0
  own(() => (asked++ === 0 ? Promise.reject(new SendError('blocked')) : Promise.resolve(ok)))
  await ask('to somebody who blocked us')
  await ask('to him as well')
  await until(async () => (await work()).length === 0)
  expect(await states()).toEqual(['failed', 'sent'])
  expect(asked).toBe(2)
})

test('a refusal in words that no database keeps is a refusal, and what others say goes out', async () => {
  const { own, ask, states } = await aShop(database)
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

test('a message of which nothing can be made stops no other', async () => {
  const { channel, own, ask, states } = await aShop(database)
  const { outgoing } = channel.connector
  let asked = 0
  channel.connector = {
    ...channel.connector,
    outgoing: (op, context) => {
      if (asked++ === 0) throw new SendError('refused')
      return outgoing(op, context)
    },
  }
  own(() => Promise.resolve(ok))
  await ask('the first')
  await ask('the second')
  await until(async () => (await states()).every((state) => state !== 'queued' && state !== 'sending'))
  expect(await states()).toEqual(['failed', 'sent'])
})

test('what goes into hold while its file goes up does not leave', async () => {
  const { own, ask, work, channel } = await aShop(database)
  channel.connector = uploading
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
