import { expect, test } from 'vitest'
import { scrubbing } from './scrubbing.ts'

test('names, ids and addresses with signs in them are found as they are', () => {
  const real = { token: 'tk-9$(x)[1]|/real-one', apiUrl: 'https://chat-7.shop-of-ann.example' }
  const me = { id: 'ann-real-1', name: 'Ann-Real Jones' }
  const account = { settings: { token: 'made', apiUrl: 'https://api.example' }, me: { id: 'bot', name: 'Bot' } }
  const scrub = scrubbing(real, me as never, account as never)
  const told = { url: `${real.apiUrl}/${real.token}`, by: me.id, words: `I am ${me.name}` }
  const scrubbed = JSON.stringify(scrub.scrub(told))
  for (const value of [real.token, 'shop-of-ann', me.id]) expect(scrubbed).not.toContain(value)
  expect(scrub.leaks(told)).toBe(true)
})
