import { expect, test } from 'vitest'
import { addressOf } from './address-of.ts'

test.each([
  ['Maria Lopez', 'maria.lopez@people.test'],
  ['Анна Щёлокова', 'anna.schelokova@people.test'],
  ['Бистро «Луна»', 'bistro.luna@people.test'],
  ['Zoë', 'zoe@people.test'],
  ['李', 'somebody@people.test'],
])('%s writes from %s', (name, address) => {
  expect(addressOf(name)).toBe(address)
})
