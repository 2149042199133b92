import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { compose } from './compose.ts'
import type { OutgoingLetter } from './frames.ts'
import { readLetter } from './letter.ts'

const letter: OutgoingLetter = {
  id: 'a@shop.example',
  from: { address: 'shop@shop.example', name: '' },
  to: 'ann@people.example',
  cc: [],
  bcc: [],
  subject: 'Hello',
  references: [],
  date: 'Wed, 25 Nov 2026 10:00:00 GMT',
  text: 'Hello',
  html: '<div>Hello</div>',
  files: [],
  automatic: false,
}

const event = { box: 'sent', uid: 1, validity: '1', at: '2026-11-25T10:00:00Z' } as const

async function fromOf(name: string) {
  const made = compose({ ...letter, from: { ...letter.from, name } }, 'key', { file: () => Promise.reject() }, () => {})
  const raw = await buffer(made)
  const { from } = await readLetter({ ...event, raw: raw.toString('latin1'), bytes: raw.length })
  return { from, line: /^From: (.*(?:\r\n[ \t].*)*)/m.exec(raw.toString('latin1'))![1]! }
}

test.each([
  'Shop',
  'Лавка «На углу», ООО',
  'Ann "the Shop" <other@evil.example>, Bob',
  `${'Лавка '.repeat(16)}`.trim(),
])('the sender is called %s, in seven-bit letters and beside his own address alone', async (name) => {
  const { from, line } = await fromOf(name)
  expect(from).toEqual({ name, address: 'shop@shop.example' })
  expect(line).toMatch(/^[\t\n\r -~]*$/)
})

test('a sender without a name is his address', async () => {
  expect((await fromOf('')).line).toBe('shop@shop.example')
})
