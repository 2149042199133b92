import { expect, test } from 'vitest'
import type { ChannelView } from '#contract/calls/channels.ts'
import { laterOf } from './channels.ts'

const channel = (state: ChannelView['state'], minute: number, name = 'Shop') =>
  ({ name, state, reason: null, stateData: {}, since: `2026-11-26T10:0${minute}:00.000Z` }) as unknown as ChannelView

test('an answer that comes behind the feed takes no state back, and brings its name all the same', () => {
  expect(laterOf(channel('ready', 2), channel('connecting', 1, 'Café'))).toEqual(channel('ready', 2, 'Café'))
})

test('what is as new, or newer, counts whole', () => {
  expect(laterOf(channel('ready', 2), channel('retrying', 3))).toEqual(channel('retrying', 3))
  expect(laterOf(channel('ready', 2), channel('ready', 2, 'Café'))).toEqual(channel('ready', 2, 'Café'))
})
