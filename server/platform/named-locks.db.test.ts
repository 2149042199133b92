import { sql } from 'kysely'
import type pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { openDatabase } from './database.ts'
import { namedLocks } from './named-locks.ts'

const { database, programUrl } = await aDatabase()
const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

function locks(of = database) {
  const made = namedLocks(of)
  ending.push(made.close)
  return made
}

/** As another process has them. */
function locksElsewhere() {
  const own = openDatabase({ url: programUrl })
  ending.push(own.close)
  return locks(own)
}

const holders = async () => {
  const { rows } = await sql<{ pid: number }>`
    select distinct pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(
    database.plumbing,
  )
  return rows.map(({ pid }) => pid)
}

test('one holder at a time, here and elsewhere; another name is free', async () => {
  const [here, elsewhere] = [locks(), locksElsewhere()]
  const letGo = await here.take('a')
  expect([await here.take('a'), await elsewhere.take('a')]).toEqual([null, null])
  const other = await elsewhere.take('b')
  await letGo!()
  expect(await elsewhere.take('a')).toBeTypeOf('function')
  await other!()
})

test('a crowd is held by one connection', async () => {
  const { take } = locks()
  const held = await Promise.all(Array.from({ length: 100 }, (_, no) => take(`crowd ${no}`)))
  expect(held).not.toContain(null)
  expect(await holders()).toHaveLength(1)
})

test('what could not be asked is not held', async () => {
  let away = true
  const { take } = locks({
    ...database,
    session: () => (away ? Promise.reject(new Error('away')) : database.session()),
  })
  await expect(take('c')).rejects.toThrow('away')
  away = false
  expect(await take('c')).toBeTypeOf('function')
})

test('a connection that breaks lets go, and the next is another', async () => {
  const { take } = locks()
  const letGo = await take('d')
  const [pid] = await holders()
  const session = await database.session()
  ending.push(() => session.end())
  await session.query('select pg_terminate_backend($1)', [pid])
  await letGo!()
  await expect.poll(() => take('d').catch(() => null)).toBeTypeOf('function')
})

test('what an earlier connection tells late concerns the next one no more: a lock is let go where it was taken', async () => {
  const opened: pg.Client[] = []
  const session = async () => {
    opened.push(await database.session())
    return opened.at(-1)!
  }
  const { take } = locks({ ...database, session })
  const [first, elsewhere] = [await take('e'), locksElsewhere()]
  opened[0]!.emit('error', new Error('broken'))
  const second = await take('f')
  opened[0]!.emit('end')
  await Promise.all([first!(), second!()])
  expect([await elsewhere.take('f'), await take('g'), opened.length]).toEqual([
    expect.any(Function),
    expect.any(Function),
    2,
  ])
})
