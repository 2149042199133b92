import { expect, test } from 'vitest'
import { issue, sessionOf } from './sessions.ts'

const now = new Date('2030-01-01T00:00:00Z')
const secret = 'a secret of the channel'
const token = issue({ chats: ['v:ann'] }, secret, now)

test('a session is known by its token', () => {
  expect(sessionOf(token, secret, now)).toEqual({ chats: ['v:ann'] })
})

test('no other spelling of it is one: added rubbish, another alphabet, a cut or doubled seal', () => {
  const [payload, seal] = token.split('.') as [string, string]
  const others = [
    `${token}=`,
    `${token}!`,
    `${token} `,
    `${payload}.${seal.slice(0, -1)}`,
    `${payload}.${seal}${seal}`,
    `${payload}=.${seal}`,
    `${token}.`,
    `${payload}.${Buffer.from(seal, 'base64url').toString('hex')}`,
    `${payload}.`,
    payload,
    '',
  ]
  expect(others.filter((each) => sessionOf(each, secret, now) !== null)).toEqual([])
  expect(sessionOf(token, 'another channel', now)).toBeNull()
  expect(sessionOf(token, secret, new Date('2031-01-01T00:00:00Z'))).toBeNull()
})
