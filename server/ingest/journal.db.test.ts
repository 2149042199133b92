import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Event } from '#connector-kit/connector.ts'
import { openDatabase, type Database } from '#server/platform/database.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { isUnavailable } from '#server/platform/unavailable.ts'
import { aDatabase } from '#tests/support/database.ts'
import { someSecrets } from '#tests/support/parts.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { JournalFull, LeaseLost, MOST_WAITING, startJournal } from './journal.ts'

const { database, programUrl } = await aDatabase()
const secrets = await someSecrets(database)
const event = (key: string, lane = 'ann', body: unknown = { text: key }): Event => ({ key, lane, body })

async function aJournal(flew: (seconds: number) => void = () => {}) {
  const workspace = await aWorkspace(database)
  const { id } = await aChannel(database, workspace)
  const journal = startJournal({ database, secrets, hints: inProcessHints(), flew })
  const work = () =>
    database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ pos: number; lane: string; inbound_id: string }>`
        select pos, lane::text as lane, inbound_id from inbound_work where workspace_id = ${workspace} order by pos`.execute(
        tx,
      )
      return rows
    })
  const read = async () => {
    const rows = await work()
    const again = startJournal({ database, secrets, hints: inProcessHints() })
    const events = await database.inWorkspace(workspace, (tx) =>
      again.read(
        tx,
        workspace,
        rows.map((row) => row.inbound_id as never),
      ),
    )
    return rows.map((row) => events.get(row.inbound_id as never)?.event)
  }
  return { workspace, channel: { id, workspace }, journal, work, read }
}

describe('the journal', () => {
  test('what was taken is on disk as it came, sealed', async () => {
    const { journal, channel, read, workspace } = await aJournal()
    expect(await journal.take(channel, [event('1'), event('2')])).toEqual([true, true])
    expect(await read()).toEqual([event('1'), event('2')])
    const { rows } = await database.inWorkspace(workspace, (tx) =>
      sql<{ body: Buffer }>`select body from inbound where workspace_id = ${workspace}`.execute(tx),
    )
    for (const row of rows) expect(row.body.toString('latin1')).not.toContain('text')
  })

  test('flights keep a short distance, in which what comes gathers', async () => {
    const departures: number[] = []
    const { journal, channel, work } = await aJournal((seconds) => departures.push(performance.now() - seconds * 1000))
    for (let key = 1; key <= 20; key++) await journal.take(channel, [event(String(key))])
    expect(await work()).toHaveLength(20)
    const distances = departures.slice(1).map((at, index) => at - departures[index]!)
    expect(Math.min(...distances)).toBeGreaterThan(3)
  })

  test('an event told again, at once or later, by one journal or another, is one', async () => {
    const { journal, channel, work } = await aJournal()
    const other = startJournal({ database, secrets, hints: inProcessHints() })
    const all = await Promise.all([journal, other, journal, other].map((each) => each.take(channel, [event('1')])))
    expect(all.flat().filter(Boolean)).toHaveLength(1)
    expect(await journal.take(channel, [event('1')])).toEqual([false])
    expect(await work()).toHaveLength(1)
  })

  test('in one lane the order of taking is the order of work, over hundreds of flights at once', async () => {
    const { journal, channel, read } = await aJournal()
    const flights = Array.from({ length: 300 }, (_, n) => journal.take(channel, [event(`${n}`, `lane-${n % 7}`, n)]))
    await Promise.all(flights)
    const lanes = Map.groupBy(await read(), (each) => each!.lane)
    expect(lanes.size).toBe(7)
    for (const events of lanes.values())
      expect(events.map((each) => each!.body)).toEqual(
        events.map((each) => each!.body as number).toSorted((a, b) => a - b),
      )
  })

  test('events and the cursor behind them commit together, and an older owner cannot move it', async () => {
    const { journal, channel, work } = await aJournal()
    await journal.take(channel, [event('1')], { value: 1, epoch: 2 })
    await expect(journal.take(channel, [event('2')], { value: 2, epoch: 1 })).rejects.toThrow(LeaseLost)
    expect(await work()).toHaveLength(1)
  })

  test('one bad request does not take its neighbours of the flight with it', async () => {
    const { journal, channel, work } = await aJournal()
    await journal.take(channel, [event('first')], { value: 1, epoch: 5 })
    const results = await Promise.allSettled([
      journal.take(channel, [event('good')]),
      journal.take(channel, [event('bad', 'b')], { value: 1, epoch: 1 }),
      journal.take(channel, [event('good too', 'c')]),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await work()).toHaveLength(3)
  })

  test('an event whose COMMIT went through and whose answer got lost was told once, not twice', async () => {
    const { channel, work } = await aJournal()
    let cut = true
    const journal = startJournal({
      database: {
        ...database,
        transaction: async (run) => {
          const done = await database.transaction(run)
          if (cut) {
            cut = false
            throw new Error('the answer to COMMIT got lost')
          }
          return done
        },
      },
      secrets,
      hints: inProcessHints(),
    })
    expect(await journal.take(channel, [event('1')])).toEqual([true])
    expect(await journal.take(channel, [event('1')])).toEqual([false])
    expect(await work()).toHaveLength(1)
  })

  test('with the database away nobody hears that it was taken', async () => {
    const { channel } = await aJournal()
    const address = new URL(programUrl)
    address.port = '1'
    const away = openDatabase({ url: address.href, connections: 2 })
    const journal = startJournal({ database: away, secrets, hints: inProcessHints() })
    const error = await journal.take(channel, [event('1')]).catch((reason: unknown) => reason)
    expect(isUnavailable(error)).toBe(true)
    await away.close()
  })

  test('more than can wait is refused, so that the platform comes again; what waits is taken', async () => {
    const { workspace, channel } = await aJournal()
    const gate = Promise.withResolvers<void>()
    const slow: Database = {
      ...database,
      transaction: async (run) => {
        await gate.promise
        return database.transaction(run)
      },
    }
    const journal = startJournal({ database: slow, secrets, hints: inProcessHints() })
    // The first departs at once and stands at the gate; its lane holds the others back.
    const taken = Array.from({ length: 1 + MOST_WAITING }, (_, n) => journal.take(channel, [event(`${n}`)]))
    await expect(journal.take(channel, [event('one too many')])).rejects.toThrow(JournalFull)
    gate.resolve()
    expect((await Promise.all(taken)).flat().every(Boolean)).toBe(true)
    const { rows } = await database.inWorkspace(workspace, (tx) =>
      sql<{ n: number }>`select count(*)::int as n from inbound_work where workspace_id = ${workspace}`.execute(tx),
    )
    expect(rows[0]!.n).toBe(1 + MOST_WAITING)
    expect(await journal.take(channel, [event('one too many')])).toEqual([true])
  })
})
