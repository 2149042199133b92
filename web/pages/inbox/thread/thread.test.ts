import i18next from 'i18next'
import { expect, test } from 'vitest'
import { SEND_ERROR_CODES } from '#contract/message/send-errors.ts'
import { aDelivery, aMessage } from '../testing.ts'
import inbox from '../words.en.ts'
import { stateWords, waitWords } from './state-words.ts'
import {
  changesOnTheWay,
  hasTrouble,
  isHeldBack,
  reactionState,
  standingOf,
  threadLines,
  unreadFrom,
} from './thread-lines.ts'
import { fromPage, withMessage, withNewer, withOlder } from './thread-pages.ts'
import { troubleKeys } from './trouble-keys.ts'
import en from './words.en.ts'
import ru from './words.ru.ts'

const at = (minute: number, day = 20) => `2026-11-${day}T10:${String(minute).padStart(2, '0')}:00.000000Z`
const dayOf = (time: string) => time.slice(0, 10)
const talk = 'talk' as never
const me = 'me' as never

test('days, the road where it changes, and blocks of one author', () => {
  const lines = threadLines(
    [
      aMessage('a', { placed: at(0) }),
      aMessage('b', { placed: at(2) }),
      aMessage('c', { placed: at(9) }),
      aMessage('d', { placed: at(10), channel: 'other' as never, network: 'owl' }),
      aMessage('e', { placed: at(10, 21), channel: 'other' as never, network: 'owl' }),
    ],
    null,
    dayOf,
    true,
  )
  expect(lines.map((line) => (line.line === 'message' ? `${line.key}${line.joins ? '+' : ''}` : line.line))).toEqual([
    'day',
    'road',
    'a',
    'b+',
    'c',
    'road',
    'd',
    'day',
    'e',
  ])
})

test('the unread line stands before the first unseen one, and stays there while more comes in', () => {
  const messages = [aMessage('a'), aMessage('b', { direction: 'out' }), aMessage('c')]
  const unread = unreadFrom(messages, 1, me)
  expect(unread).toEqual({ first: 'c', count: 1 })
  const later = threadLines([...messages, aMessage('d')], unread, dayOf, false)
  expect(later.map((line) => (line.line === 'message' ? line.key : line.line))).toEqual([
    'day',
    'a',
    'b',
    'unread',
    'c',
    'd',
  ])
  expect(unreadFrom(messages, 0, me)).toBeNull()
})

test('the unread line never stands above an answer of one’s own', () => {
  const own = aMessage('own', { direction: 'out', author: { ...aMessage('x').author, identity: null, member: me } })
  const messages = [aMessage('a'), own, aMessage('b'), aMessage('c', { direction: 'out' }), aMessage('d')]
  expect(unreadFrom(messages, 3, me)).toEqual({ first: 'b', count: 2 })
  expect(unreadFrom(messages, 1, me)).toEqual({ first: 'd', count: 1 })
  expect(unreadFrom(messages, 3, 'a colleague' as never)).toEqual({ first: 'a', count: 3 })
  expect(unreadFrom([aMessage('a'), own], 1, me)).toBeNull()
})

test('a resend says how the message stands, and settles its trouble', () => {
  const message = aMessage('a', {
    direction: 'out',
    deliveries: [
      aDelivery({ state: 'failed', settled: true }),
      aDelivery({ state: 'sent' }),
      aDelivery({ op: 'edit', state: 'queued' }),
    ],
  })
  expect(standingOf(message)?.state).toBe('sent')
  expect(hasTrouble(message)).toBe(false)
})

test('only what its sender holds back is called so; what was tried says what it waits for', async () => {
  await i18next.init({ lng: 'en', resources: { en: { inbox, thread: en } }, interpolation: { escapeValue: false } })
  const readyAt = new Date(Date.now() + 10_000).toISOString()
  const held = aDelivery({ state: 'queued', readyAt })
  expect(isHeldBack(held)).toBe(true)
  expect(waitWords(held, null, 'en', undefined)).toBeNull()
  const tried = aDelivery({ state: 'queued', readyAt, reason: 'throttled' })
  const card = { manifest: { name: { en: 'Pigeon post', ru: 'Голубиная почта' } } } as never
  expect(isHeldBack(tried)).toBe(false)
  expect(waitWords(tried, card, 'en', undefined)).toMatch(/slow down\. Waits for Pigeon post until /)
  expect(waitWords({ ...tried, readyAt: null }, card, 'en', undefined)).toMatch(/Waits for Pigeon post; /)
  expect(isHeldBack(aDelivery({ state: 'queued' }))).toBe(false)
})

test('what a restore holds does not say that it leaves by itself; what was written since does', async () => {
  await i18next.init({ lng: 'en', resources: { en: { inbox, thread: en } }, interpolation: { escapeValue: false } })
  const queued = aDelivery({ state: 'queued', queuedAt: '2026-11-20T10:00:00.000Z' })
  const tried = { ...queued, reason: 'throttled' as const }
  const span = { oldest: '2026-11-20T09:00:00.000Z', newest: '2026-11-20T10:00:00.000Z' }
  const later = { ...queued, queuedAt: '2026-11-20T10:00:00.001Z' }
  const all = { hold: true, queued: 1, ...span }
  const oneByOne = { hold: false, queued: 1, ...span }
  for (const [delivery, hold] of [
    [queued, all],
    [later, all],
    [queued, oneByOne],
  ] as const)
    expect(stateWords(delivery, null, 'en', hold)).toMatch(/^Held since the restore/)
  expect(waitWords(tried, null, 'en', all)).toMatch(/slow down\. Held since the restore/)
  expect(stateWords(later, null, 'en', oneByOne)).toMatch(/leaves as soon as its turn comes/)
  expect(stateWords({ ...queued, state: 'sent' }, null, 'en', all)).toMatch(/^Sent at/)
})

test('changes are on the way until the network has answered; of a reaction the last word counts', () => {
  const message = aMessage('a', {
    direction: 'out',
    deliveries: [
      aDelivery({ state: 'sent' }),
      aDelivery({ op: 'edit', state: 'sent' }),
      aDelivery({ op: 'react', state: 'failed' }),
      aDelivery({ op: 'react', state: 'sending' }),
      aDelivery({ op: 'delete', state: 'queued' }),
    ],
  })
  expect(changesOnTheWay(message).map(({ op, state }) => `${op} ${state}`)).toEqual(['react sending', 'delete queued'])
  expect(reactionState(message)).toBe('sending')
  expect(reactionState(aMessage('b'))).toBeUndefined()
})

test('the feed puts a message at its place, changes it in place, and takes it out when it is shown elsewhere', () => {
  const pages = fromPage({
    items: [aMessage('c', { placed: at(3) }), aMessage('a', { placed: at(1) })],
    next: null,
    newer: null,
  })
  const more = withMessage(pages, aMessage('b', { placed: at(2), late: true }), talk)
  expect(more.items.map((each) => each.id)).toEqual(['a', 'b', 'c'])
  expect(withMessage(more, aMessage('b', { placed: at(2), late: false }), talk).items[1]!.late).toBe(false)
  const gone = withMessage(more, aMessage('b', { placed: at(2), conversation: 'else' as never }), talk)
  expect(gone.items.map((each) => each.id)).toEqual(['a', 'c'])
})

test('what lies outside the loaded stretch is left to the page that holds it', () => {
  const pages = { items: [aMessage('b', { placed: at(2) })], older: 'older', newer: 'newer' }
  expect(withMessage(pages, aMessage('a', { placed: at(1) }), talk).items).toHaveLength(1)
  expect(withMessage(pages, aMessage('c', { placed: at(3) }), talk).items).toHaveLength(1)
})

test('pages grow both ways and hold no message twice', () => {
  const middle = { items: [aMessage('c')], older: 'o', newer: 'n' }
  const older = withOlder(middle, { items: [aMessage('c'), aMessage('b')], next: null, newer: 'x' })
  const both = withNewer(older, { items: [aMessage('d'), aMessage('c')], next: 'x', newer: null })
  expect(both).toMatchObject({ older: null, newer: null })
  expect(both.items.map((each) => each.id)).toEqual(['b', 'c', 'd'])
})

test('1, 2, 3 take the ways out in the order in which they are offered', () => {
  const taken: string[] = []
  const acts = {
    resend: (_: unknown, via?: string) => void taken.push(`resend ${via ?? ''}`.trim()),
    settle: (_: unknown, arrived: boolean) => void taken.push(`arrived ${arrived}`),
  }
  const roads = [
    { identity: 'owl', channel: 'o', cannot: null },
    { identity: 'mute', channel: 'm', cannot: 'blocked' },
  ] as never
  const press = (state: 'failed' | 'unconfirmed') => {
    for (const { run } of troubleKeys(aMessage('a', { deliveries: [aDelivery({ state })] }), roads, acts)) run()
  }
  press('failed')
  press('unconfirmed')
  expect(taken).toEqual(['resend', 'resend owl', 'resend', 'arrived true', 'arrived false'])
})

test('every reason why a message does not go has a title and a next step, in both languages', () => {
  for (const words of [en, ru]) {
    expect(Object.keys(words.reason).toSorted()).toEqual([...SEND_ERROR_CODES].toSorted())
    for (const { title, next } of Object.values(words.reason)) {
      expect(title).not.toBe('')
      expect(next).toMatch(/[.]$/)
    }
  }
})
