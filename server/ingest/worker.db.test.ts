import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Context, Event, Incoming } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { openDatabase, type Database } from '#server/platform/database.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, someSecrets, until } from '#tests/support/parts.ts'
import { aChannel, aWorkspace, said } from '#tests/support/world.ts'
import { startJournal, type Journal } from './journal.ts'
import { MOST_TRIES } from './put-back.ts'
import { startWorker } from './worker.ts'

const { database, programUrl, asOwner } = await aDatabase()
const secrets = await someSecrets(database)

type Reading = (text: string) => void | Promise<void>

/** Ann presses a button of the message that her network calls `offer`. */
const PRESS = 'ann presses'

async function aMailbox(reading: Reading = () => {}, isPressed = () => false, workers = database, connector = {}) {
  const workspace = await aWorkspace(database)
  const realm = await aChannel(database, workspace)
  const channel = { ...realm, workspace, connector } as unknown as LiveChannel
  const hints = inProcessHints()
  const whole = startJournal({ database, secrets, hints })
  let fetched = 0
  const journal: Journal = {
    ...whole,
    isPressed,
    read: (tx, of, ids) => {
      fetched += ids.length
      return whole.read(tx, of, ids)
    },
  }
  const start = () =>
    startWorker({
      database: workers,
      hints,
      journal,
      channels: { get: async () => channel, active: async () => [], forget: () => {} } satisfies LiveChannels,
      hasRules: false,
      contextOf: () => ({}) as Context<Record<string, unknown>>,
      incomingOf: async (_, { key, lane, body }): Promise<Incoming[]> => {
        await reading(body as string)
        const by = { id: lane }
        if (body === PRESS)
          return [{ is: 'press', id: key, chat: lane, by, at: new Date(), value: 'l', on: { chat: lane, id: 'offer' } }]
        return [said(key, body as string, { by: lane, order: key })]
      },
      workspaces: async () => [workspace],
      consequences: async () => new Set(),
      afterwards: async () => {},
      log: silentLog,
    })
  const inRows = <Row>(question: ReturnType<typeof sql<Row>>) =>
    database.inWorkspace(workspace, async (tx) => (await question.execute(tx)).rows)
  return {
    workspace,
    start,
    /** As often as a busy journal: something has come. */
    tell: () => hints.tell('inbound', workspace),
    /** How many bodies of events were fetched. */
    fetched: () => fetched,
    take: (...texts: string[]) =>
      journal.take(
        { id: channel.id, workspace },
        texts.map((text, index): Event => ({ key: String(index + 1), lane: text.split(' ')[0]!, body: text })),
      ),
    texts: async () =>
      (
        await inRows(
          sql<{
            text: string
          }>`select content -> 'parts' -> 0 ->> 'text' as text from message where workspace_id = ${workspace} order by conversation_id, seq`,
        )
      ).map((row) => row.text),
    work: () =>
      inRows(
        sql<{ state: number; tries: number; code: string | null }>`
          select state, tries, error_code as code from inbound_work where workspace_id = ${workspace} order by pos`,
      ),
    /** What our send was answered: this message is the offer. */
    nameOffer: () =>
      inRows(sql`insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, direction)
                 select workspace_id, channel_id, 'ann', 'offer', id, 'out' from message where workspace_id = ${workspace}`),
    replies: () =>
      inRows(sql<{ isReply: boolean }>`
        select reply_to is not null as "isReply" from message where workspace_id = ${workspace} order by seq`),
    /** Time passes for what waits with back-off. */
    ripen: () => inRows(sql`update inbound_work set ready_at = '-infinity' where workspace_id = ${workspace}`),
    /** As a worker that was killed while it read these leaves them. */
    dieReading: () =>
      inRows(sql`
        insert into worker_slot (worker, lock_key, workspace_id, positions)
        select gen_random_uuid(), 1, ${workspace}, array_agg(pos) from inbound_work where workspace_id = ${workspace} and state = 0`),
  }
}

describe('the worker', () => {
  test('batches of a workspace keep a short distance, in which what comes gathers and is then read', async () => {
    let batches = 0
    let ended = Promise.withResolvers<void>()
    const counting: Database = {
      ...database,
      onMessagePath: async (of, work) => {
        batches++
        const result = await database.onMessagePath(of, work)
        ended.resolve()
        return result
      },
    }
    const box = await aMailbox(undefined, undefined, counting)
    const worker = box.start()
    const began = performance.now()
    while (performance.now() < began + 300) {
      box.tell()
      await delay(1)
    }
    // One at once, then one in 15 ms.
    expect(batches).toBeLessThanOrEqual(1 + (performance.now() - began) / 15)
    expect(batches).toBeGreaterThan(3)

    const texts = ['ann 1', 'bob 1', 'cid 1', 'dee 1', 'eva 1']
    const told = performance.now()
    for (let number = 1; number <= texts.length; number++) {
      ended = Promise.withResolvers()
      box.tell()
      // Its claim has seen what there was.
      await ended.promise
      // Those before are known.
      await box.take(...texts.slice(0, number))
      await until(async () => (await box.texts()).length === number)
    }
    // Not only when the worker looks by itself, once a second.
    expect(performance.now() - told).toBeLessThan(500 * texts.length)
    expect((await box.texts()).toSorted()).toEqual(texts)
    await worker.close()
  })

  test('while more comes in than can be read, reading leaves most of the time to it, and goes on', async () => {
    const readAt: number[] = []
    const READS_MS = 30
    const box = await aMailbox(
      () => {
        readAt.push(performance.now())
        while (performance.now() < readAt.at(-1)! + READS_MS);
      },
      () => true,
    )
    const worker = box.start()
    for (let number = 1; number <= 3; number++) {
      await box.take(...Array.from({ length: number }, (_, index) => `ann ${index}`))
      await until(() => readAt.length === number)
    }
    await until(async () => (await box.work()).length === 0)
    await worker.close()
    expect(await box.texts()).toEqual(['ann 0', 'ann 1', 'ann 2'])
    // The reading itself, and three times as long a rest.
    const gaps = readAt.slice(1).map((at, index) => at - readAt[index]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4 * READS_MS)
  })

  test('what follows an unreadable event in its lane waits behind it; other lanes go on', async () => {
    let broken = true
    const box = await aMailbox((text) => {
      if (broken && text === 'ann 1') throw new Error('cannot read this')
    })
    await box.take('ann 1', 'bob 1', 'ann 2', 'bob 2', 'ann 3')
    const worker = box.start()
    await until(async () => (await box.work())[0]?.tries === 1)
    await until(async () => (await box.texts()).length === 2)
    expect(await box.texts()).toEqual(['bob 1', 'bob 2'])
    broken = false
    await box.ripen()
    await until(async () => (await box.work()).length === 0)
    await worker.close()
    expect((await box.texts()).filter((text) => text.startsWith('ann'))).toEqual(['ann 1', 'ann 2', 'ann 3'])
  })

  test('a button that is pressed before its message has its name waits for it, and what follows waits behind', async () => {
    const box = await aMailbox()
    const worker = box.start()
    await box.take('ann hello')
    await until(async () => (await box.texts()).length === 1)
    await box.take('ann hello', PRESS, 'ann too')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await box.texts()).toEqual(['ann hello'])
    await box.nameOffer()
    await until(async () => (await box.work()).length === 0)
    await worker.close()
    expect(await box.texts()).toEqual(['ann hello', 'l', 'ann too'])
    expect((await box.replies()).map(({ isReply }) => isReply)).toEqual([false, true, false])
  })

  test('a button of a message that nobody here sent is not waited for long', async () => {
    const box = await aMailbox()
    const worker = box.start()
    await box.take(PRESS, 'ann too')
    await until(async () => (await box.work()).length === 0)
    await worker.close()
    expect(await box.texts()).toEqual(['l', 'ann too'])
  })

  test('an unreadable event goes to quarantine after its last try, and its lane goes on', async () => {
    const box = await aMailbox((text) => {
      if (text === 'ann 1') throw new Error('cannot read this')
    })
    await box.take('ann 1', 'ann 2')
    const worker = box.start()
    for (let tries = 1; tries < MOST_TRIES; tries++) {
      await until(async () => (await box.work())[0]?.tries === tries)
      await box.ripen()
    }
    await until(async () => (await box.texts()).length === 1)
    await worker.close()
    expect(await box.texts()).toEqual(['ann 2'])
    expect(await box.work()).toEqual([{ state: 2, tries: MOST_TRIES, code: 'unreadable' }])
  })

  test('events of another shape go to quarantine at once, and the others of their batch are read once', async () => {
    const read: string[] = []
    const box = await aMailbox((text) => {
      read.push(text)
      if (text.endsWith('?')) throw new ApiChanged('another shape')
    })
    const texts = ['ann 1?', 'ann 2', 'bob 1', 'bob 2?', 'ann 3?', 'bob 3']
    await box.take(...texts)
    const worker = box.start()
    await until(async () => (await box.texts()).length === 3)
    await until(async () => (await box.work()).every(({ state }) => state === 2))
    await worker.close()
    expect((await box.texts()).toSorted()).toEqual(['ann 2', 'bob 1', 'bob 3'])
    expect(await box.work()).toEqual(Array.from({ length: 3 }, () => ({ state: 2, tries: 1, code: 'api_changed' })))
    expect(read.toSorted()).toEqual(texts.toSorted())
  })

  test('a database that was away blames no event', async () => {
    let away = 3
    const box = await aMailbox(() => {
      if (away-- > 0) throw Object.assign(new Error('a deadlock was found'), { code: '40P01' })
    })
    await box.take('ann 1')
    const tries: number[] = []
    const worker = box.start()
    await until(async () => {
      tries.push(...(await box.work()).map((row) => row.tries))
      return (await box.texts()).length === 1
    })
    await worker.close()
    expect(Math.max(0, ...tries)).toBe(0)
  })

  test('what a dead worker was reading is read by another', async () => {
    const box = await aMailbox()
    await box.take('ann 1', 'bob 1', 'ann 2')
    await box.dieReading()
    const worker = box.start()
    await until(async () => (await box.texts()).length === 3)
    await worker.close()
    expect((await box.texts()).filter((text) => text.startsWith('ann'))).toEqual(['ann 1', 'ann 2'])
  })

  test('what kills every worker that reads it goes to quarantine', async () => {
    const box = await aMailbox()
    await box.take('ann 1')
    for (let death = 1; death <= MOST_TRIES; death++) {
      await box.dieReading()
      // Nobody reads it in between: each worker here only buries the one before.
      await sql`update inbound_work set ready_at = 'infinity' where workspace_id = ${box.workspace}`.execute(
        database.plumbing,
      )
      const worker = box.start()
      await until(async () => (await box.work())[0]?.tries === death)
      await worker.close()
    }
    expect(await box.work()).toEqual([{ state: 2, tries: MOST_TRIES, code: 'killed' }])
    expect(await box.texts()).toEqual([])
  })

  test('letters that are read slowly are brought in a few at a time, each once and in the order of its chat', async () => {
    const read: string[] = []
    const box = await aMailbox(async (text) => {
      read.push(text)
      await delay(200)
    })
    const texts = [1, 2, 3, 4, 5, 6].flatMap((nth) => ['ann', 'bob', 'cid'].map((name) => `${name} ${nth}`))
    await box.take(...texts)
    const longest = watchTransactions()
    const worker = box.start()
    await until(async () => (await box.texts()).length === texts.length)
    await worker.close()
    const brought = await box.texts()
    for (const name of ['ann', 'bob', 'cid'])
      expect(brought.filter((text) => text.startsWith(name))).toEqual(texts.filter((text) => text.startsWith(name)))
    expect(read.toSorted()).toEqual(texts.toSorted())
    expect(longest()).toBeLessThan(2_500)
  })

  test('an event whose reading hangs is waited for beside all transactions; its lane waits, the others go on', async () => {
    const read: string[] = []
    const box = await aMailbox(async (text) => {
      read.push(text)
      if (text !== 'ann 2') return
      await delay(4_000)
      if (read.filter((each) => each === text).length === 1) throw new Error('parsing took more than 4 s')
    })
    await box.take('ann 1', 'ann 2', 'ann 3', 'bob 1', 'bob 2')
    const longest = watchTransactions()
    const worker = box.start()
    await until(async () => (await box.texts()).length === 3, 3_500)
    expect((await box.texts()).toSorted()).toEqual(['ann 1', 'bob 1', 'bob 2'])
    await until(async () => (await box.work())[0]?.tries === 1)
    await until(async () => (await box.work()).length === 0, 20_000)
    await worker.close()
    expect((await box.texts()).filter((text) => text.startsWith('ann'))).toEqual(['ann 1', 'ann 2', 'ann 3'])
    // Twice: the second time it came to something, however late.
    expect(read.filter((text) => text === 'ann 2')).toHaveLength(2)
    expect(longest()).toBeLessThan(2_500)
  }, 40_000)

  test('letters of many senders that are read slowly pile up nowhere: a few are in the thread, the others where they were', async () => {
    let [inThread, most] = [0, 0]
    let line = Promise.resolve()
    const box = await aMailbox(
      (text) => {
        most = Math.max(most, ++inThread)
        const turn = line.then(() => delay(text.startsWith('slow') ? 2_000 : 5)).finally(() => inThread--)
        line = turn
        return turn
      },
      undefined,
      undefined,
      { heavy: true },
    )
    const slow = Array.from({ length: 70 }, (_, number) => `slow${number} 1`)
    await box.take(...slow, 'ann 1', 'ann 2')
    const longest = watchTransactions()
    const worker = box.start()
    await until(async () => (await box.texts()).length >= 3, 20_000)
    await worker.close()
    const brought = (await box.texts()).length
    expect(most).toBe(2)
    // Each that was brought in, and those in the thread, twice at most.
    expect(box.fetched()).toBeLessThanOrEqual(2 * (brought + 2))
    expect(longest()).toBeLessThan(2_500)
    expect((await box.work()).every(({ state, tries }) => state === 0 && tries === 0)).toBe(true)
  }, 40_000)

  test('an event that stops everything until the database ends the connection is found, and the others are brought in', async () => {
    const url = new URL(programUrl)
    url.searchParams.set('options', '-c idle_in_transaction_session_timeout=200')
    const impatient = openDatabase({ url: url.href })
    const box = await aMailbox(
      (text) => {
        const began = performance.now()
        if (text === 'bob 1') while (performance.now() < began + 500);
      },
      undefined,
      impatient,
    )
    await box.take('ann 1', 'bob 1', 'bob 2', 'cid 1')
    const worker = box.start()
    await until(async () => (await box.texts()).length === 2, 20_000)
    for (let tries = 1; tries < MOST_TRIES; tries++) {
      await until(async () => (await box.work())[0]?.tries === tries)
      await box.ripen()
    }
    await until(async () => (await box.texts()).length === 3)
    await worker.close()
    await impatient.close()
    expect((await box.texts()).toSorted()).toEqual(['ann 1', 'bob 2', 'cid 1'])
    expect(await box.work()).toEqual([{ state: 2, tries: MOST_TRIES, code: 'unreadable' }])
  }, 40_000)
})

/** @returns how many milliseconds the longest transaction took, of those that windows wait for */
function watchTransactions(): () => number {
  let longest = 0
  async function look(): Promise<void> {
    const [row] = await asOwner<{ ms: number }>(
      `select coalesce(max(extract(epoch from clock_timestamp() - xact_start) * 1000), 0)::float8 as ms from pg_stat_activity
        where datname = current_database() and backend_xid is not null`,
    )
    longest = Math.max(longest, row!.ms)
  }
  const timer = setInterval(() => void look(), 50)
  onTestFinished(() => clearInterval(timer))
  return () => longest
}
