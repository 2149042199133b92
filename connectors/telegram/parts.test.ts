import { expect, test } from 'vitest'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import { richOf } from './entities.ts'
import { incoming } from './incoming.ts'
import { partsOf } from './parts.ts'
import { settings } from './settings.ts'

const place = (live_period: number) =>
  partsOf({
    message_id: 1,
    date: 1_900_000_000,
    chat: { id: 1, type: 'private' },
    location: { latitude: 55.75, longitude: 37.62, live_period },
  } as Parameters<typeof partsOf>[0])

test('a place that is shared for a while says until when; a while that no calendar has is left out, not the place', () => {
  expect(place(60)).toMatchObject([{ kind: 'location', lat: 55.75, liveUntil: '2030-03-17T17:47:40.000Z' }])
  expect(place(2 ** 50)).toEqual([{ kind: 'location', lat: 55.75, lon: 37.62 }])
})

test('addresses of a card are taken whole, whatever signs for new lines they hold', () => {
  const contact = {
    phone_number: '+7999',
    first_name: 'Bo',
    vcard: 'EMAIL;TYPE=work:bo\u2028@pigeon.example\r\nitem1.TEL:tel:+7\u2029 888\nEMAIL:\n',
  }
  const message = { message_id: 1, date: 1_900_000_000, chat: { id: 1, type: 'private' }, contact }
  expect(partsOf(message as Parameters<typeof partsOf>[0])).toMatchObject([
    { kind: 'contact', emails: ['bo\u2028@pigeon.example'], phones: ['+7999', '+7\u2029 888'] },
  ])
})

const { account } = readGoldens(new URL('./testdata/', import.meta.url))
const context = goldenContext({ label: 'strange' }, account, (given) => settings.parse(given))

test.each(['toString', 'constructor', 'valueOf', 'hasOwnProperty', '__proto__'])(
  'a kind of update by the name %s is one that we do not know',
  (kind) => {
    const body: unknown = JSON.parse(`{"update_id":1,"${kind}":{"chat":{"id":5,"type":"private"}}}`)
    const told = incoming({ key: '1', lane: '5', body: body as never }, context)
    expect(told).toMatchObject([{ is: 'unknown' }])
  },
)

test('a mark by the name of what every object has is left out', () => {
  expect(richOf('words', [{ type: 'constructor', offset: 0, length: 3 }]).entities).toEqual([])
})
