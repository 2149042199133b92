import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { customerOf } from './identity.ts'

const SECRET = 'a secret of the site that is long enough'
const now = new Date('2026-11-27T09:00:00Z')
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { aud: 'chat', sub: 'c1', exp: now.getTime() / 1000 + 300, jti: 'only-once', name: 'Carla' }
const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
const proof = createHmac('sha256', SECRET).update(signed).digest('base64url')
const believed = (jwt: string) => customerOf(jwt, { identitySecret: SECRET }, 'chat', now)

test('a proof of the site is believed as it is written, and in no other spelling', () => {
  expect(believed(`${signed}.${proof}`)).toMatchObject({ name: 'Carla' })
  for (const spelling of [
    `${proof}=`,
    `${proof.slice(0, 9)}{${proof.slice(9)}`,
    `${proof} `,
    Buffer.from(proof, 'base64url').toString('base64'),
  ])
    expect(believed(`${signed}.${spelling}`)).toBeNull()
})
