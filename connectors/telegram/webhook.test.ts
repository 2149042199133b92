import { expect, test } from 'vitest'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import { settings } from './settings.ts'
import { open } from './webhook.ts'

const { account } = readGoldens(new URL('./testdata/', import.meta.url))
const context = goldenContext({ label: 'proof' }, account, (given) => settings.parse(given))
const answered = (secret: string, told: string | undefined) =>
  open(
    {
      method: 'POST',
      path: '',
      query: {},
      headers: told === undefined ? {} : { 'x-telegram-bot-api-secret-token': told },
      bytes: Buffer.from('{"update_id":1,"message":{"chat":{"id":5}}}'),
      random: '',
    },
    { ...context, secret },
  )

test('a channel without a secret believes nobody, least of all who shows none', () => {
  expect(answered('a secret', 'a secret')).toMatchObject({ events: [{ key: '1', lane: '5' }] })
  for (const told of [undefined, '', 'undefined']) expect(answered('', told)).toEqual({ refuse: 401 })
})
