import { expect, test } from 'vitest'
import { z } from 'zod'
import { asciiAddress, emailUpTo } from './email.ts'

const Email = emailUpTo(60)

test('an address of a domain in any letters is taken, and kept as mail servers spell it', () => {
  expect(Email.parse('olga@пример.рф')).toBe('olga@xn--e1afmkfd.xn--p1ai')
  expect(Email.parse('Olga@Пример.РФ')).toBe('Olga@xn--e1afmkfd.xn--p1ai')
  expect(Email.parse('shop@bücher.example')).toBe('shop@xn--bcher-kva.example')
  expect(Email.parse('olga@xn--e1afmkfd.xn--p1ai')).toBe('olga@xn--e1afmkfd.xn--p1ai')
  expect(Email.parse('Olga.S+tea@Shop.example')).toBe('Olga.S+tea@Shop.example')
})

test('what is no address stays none: nothing of it is read as a port, a path or a user', () => {
  for (const typed of [
    'пример.рф',
    '@пример.рф',
    'olga@',
    'olga@пример.рф:80',
    'olga@пример.рф/x',
    'a@b@пример.рф',
    'ольга@shop.example',
    'olga@пример',
    '',
  ])
    expect([typed, Email.safeParse(typed).success]).toEqual([typed, false])
  for (const typed of ['olga@пример.рф/x', '@студия']) expect(asciiAddress(typed)).toBe(typed)
})

test('the limit is that of the spelling that is kept, and the description says that it is an address', () => {
  expect(Email.safeParse(`olga@${'ы'.repeat(50)}.рф`).success).toBe(false)
  expect(z.toJSONSchema(Email)).toMatchObject({ type: 'string', format: 'email', maxLength: 60 })
})
