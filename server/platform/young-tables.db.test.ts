import { expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { learnYoungTables } from './young-tables.ts'

const { database, asOwner } = await aDatabase()
const TABLES = ['one', 'other']

test('every table that grew is learned at one look', async () => {
  for (const name of TABLES) await asOwner(`create table parley.young_${name} as select generate_series(1, 200) as n`)
  const sizes = (what: string) =>
    asOwner<{ rows: number }>(
      `select ${what}::int as rows from pg_class c join pg_stat_all_tables s on s.relid = c.oid where c.relname like 'young_%' order by 1`,
    )
  await until(async () => (await sizes('n_live_tup')).every(({ rows }) => rows === 200))
  await learnYoungTables(database)
  expect(await sizes('reltuples')).toEqual([{ rows: 200 }, { rows: 200 }])
})
