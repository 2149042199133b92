/** Whoever copies the template copies how it tells a forged webhook from a true one. */
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { open } from '../connectors/_template/webhook.ts'

const bytes = Buffer.from('{"id":"1","chat":"ann","text":"Привет \\ud83d\\ude00 😀"}')
const SECRET = 'a secret of the channel'
const signed = (secret: string, by = 'sha256', what = bytes) => createHmac(by, secret).update(what).digest('hex')
const context = (secret: string) => ({
  ...goldenContext({ label: 'proof' }, { settings: {}, me: { id: 'me', name: 'me' } }, () => ({}) as never),
  secret,
})
const answered = (signature: string | undefined, secret = SECRET) =>
  open(
    {
      method: 'POST',
      path: '',
      query: {},
      headers: signature === undefined ? {} : { 'x-signature': signature },
      bytes,
      random: '',
    },
    context(secret),
  )

test('what is signed is taken, whatever its letters', () => {
  expect(answered(signed(SECRET))).toMatchObject({ events: [{ key: '1', lane: 'ann' }] })
})

test.each(
  Object.entries({
    'no signature': undefined,
    'an empty one': '',
    'a cut one': signed(SECRET).slice(0, -2),
    'one with rubbish behind it': `${signed(SECRET)}zz`,
    'one doubled': signed(SECRET).repeat(2),
    'upper-case letters': signed(SECRET).toUpperCase(),
    'SHA-1': signed(SECRET, 'sha1'),
    'another secret': signed(`${SECRET}!`),
    'another body': signed(SECRET, 'sha256', Buffer.concat([bytes, Buffer.from(' ')])),
  }),
)('%s is refused', (_, signature) => {
  expect(answered(signature)).toEqual({ refuse: 401 })
})

test('a channel without a secret believes nobody', () => {
  expect(answered(signed(''), '')).toEqual({ refuse: 401 })
})
