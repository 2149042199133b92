import { expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { countTry, forgive, giveBack } from './throttle.ts'

const { database, asOwner } = await aDatabase()
const tried = (what: string, account: string, address: string) =>
  countTry(database, what, { account, address }).then(
    () => 'let through' as const,
    (error: { code: string }) => error.code,
  )
const keysOf = async (hits: number) =>
  (await asOwner<{ key: string }>(`select encode(key, 'hex') as key from throttle where hits = $1`, [hits])).map(
    ({ key }) => key,
  )
const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

/** Some at once, as they come. */
async function outcomes(count: number, each: (n: number) => Promise<string>): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  let next = 0
  const guesser = async () => {
    for (let n = next++; n < count; n = next++) {
      const outcome = await each(n)
      found[outcome] = (found[outcome] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 4 }, guesser))
  return found
}

test('two thousand guesses at one account from a thousand addresses: a hundred are heard', async () => {
  const found = await outcomes(2_000, (n) => tried('one', 'olga@shop.example', address(n % 1_000)))
  expect(found).toEqual({ 'let through': 100, too_many: 1_900 })
}, 180_000)

test('an address guesses at thirty accounts and no more, and shuts nobody else out', async () => {
  const found = await outcomes(100, (n) => tried('many', `guess${n}@shop.example`, '10.0.0.1'))
  expect(found).toEqual({ 'let through': 30, too_many: 70 })
  expect(await tried('many', 'olga@shop.example', '10.0.0.2')).toBe('let through')
})

test('all addresses and all accounts together have an end too', async () => {
  const before = await keysOf(2)
  await tried('all', 'first@shop.example', address(1))
  await tried('all', 'second@shop.example', address(2))
  // What both have in common was counted twice: as after 4,999 tries of others.
  const common = (await keysOf(2)).filter((key) => !before.includes(key))
  const shared = await asOwner(`update throttle set hits = 4999 where encode(key, 'hex') = any ($1) returning 1`, [
    common,
  ])
  expect(shared).toHaveLength(1)
  expect(await tried('all', 'third@shop.example', address(3))).toBe('let through')
  expect(await tried('all', 'fourth@shop.example', address(4))).toBe('too_many')
})

test('a success forgives the slips of that account at that address, and of nobody else', async () => {
  const slips = () => outcomes(10, () => tried('slips', 'ann@shop.example', '10.0.0.9'))
  expect(await slips()).toEqual({ 'let through': 10 })
  expect(await tried('slips', 'ann@shop.example', '10.0.0.9')).toBe('too_many')
  await forgive(database, 'slips', { account: 'ann@shop.example', address: '10.0.0.10' })
  expect(await tried('slips', 'ann@shop.example', '10.0.0.9')).toBe('too_many')
  await forgive(database, 'slips', { account: 'Ann@Shop.example', address: '10.0.0.9' })
  expect(await tried('slips', 'ann@shop.example', '10.0.0.9')).toBe('let through')
})

test('a whole office signs in from one address as often as it likes', async () => {
  for (let n = 0; n < 40; n++) {
    const who = { account: `clerk${n}@shop.example`, address: '10.0.0.11' }
    // Password, then code.
    for (const done of [giveBack, forgive]) {
      await countTry(database, 'office', who)
      await done(database, 'office', who)
    }
  }
  const left = await outcomes(31, (n) => tried('office', `guess${n}@shop.example`, '10.0.0.11'))
  expect(left).toEqual({ 'let through': 30, too_many: 1 })
})

test('a guesser who signs in to his own account between guesses is shut out as soon as any other', async () => {
  const own = { account: 'eve@shop.example', address: '10.0.0.12' }
  const guesses: Record<string, number> = {}
  for (let n = 0; n < 40; n++) {
    const outcome = await tried('between', `guess${n}@shop.example`, own.address)
    guesses[outcome] = (guesses[outcome] ?? 0) + 1
    if ((await tried('between', own.account, own.address)) === 'let through') await forgive(database, 'between', own)
  }
  expect(guesses['let through']).toBeLessThanOrEqual(30)
})
