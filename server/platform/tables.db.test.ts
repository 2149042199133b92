import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { tableTypes } from '../../checks/table-types.ts'

const { ownerUrl } = await aDatabase()

test('tables.ts says what the migrations made; if not: npm run tables', async () => {
  expect(await readFile(new URL('./tables.ts', import.meta.url), 'utf8')).toBe(await tableTypes(ownerUrl))
})
