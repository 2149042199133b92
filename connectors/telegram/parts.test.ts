import { expect, test } from 'vitest'
import { partsOf } from './parts.ts'

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
