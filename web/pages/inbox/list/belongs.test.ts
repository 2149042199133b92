import { expect, test } from 'vitest'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { ChannelId, MemberId } from '#contract/ids.ts'
import { aRow } from '../testing.ts'
import { belongs, unreadOf, withRow } from './belongs.ts'
import { heldOrder } from './held-order.ts'

const me = 'me' as MemberId
const page = (items: ConversationRow[], next: string | null = null) => ({ items, next })
const ids = (pages: { items: ConversationRow[] }[]) => pages.map(({ items }) => items.map((row) => row.id).join(''))

test('a row stands in the views that the server would list it in', () => {
  const views = ['mine', 'unassigned', 'waiting', 'failed', 'snoozed', 'all', 'closed'] as const
  const inViews = (row: ConversationRow) => views.filter((view) => belongs(row, { view }, me))
  expect(inViews(aRow('a', { waitingSince: '2026-01-01T00:00:00Z' }))).toEqual(['unassigned', 'waiting', 'all'])
  expect(inViews(aRow('a', { assignee: me, failed: 1 }))).toEqual(['mine', 'failed', 'all'])
  expect(inViews(aRow('a', { assignee: me, status: 'snoozed' }))).toEqual(['snoozed', 'all'])
  expect(inViews(aRow('a', { status: 'closed', assignee: me }))).toEqual(['closed'])
  expect(inViews(aRow('a', { status: 'snoozed' }))).toEqual(['snoozed', 'all'])
  expect(inViews(aRow('a', { joinedInto: 'b' as never }))).toEqual([])
})

test('names and channels are left to the server', () => {
  expect(belongs(aRow('a'), { view: 'all', q: 'ann' }, me)).toBeNull()
  expect(belongs(aRow('a'), { view: 'all', channel: 'c' as ChannelId }, me)).toBeNull()
  expect(belongs(aRow('a', { status: 'closed' }), { view: 'all', q: 'ann' }, me)).toBe(false)
})

test('a changed row moves to its place, keeps the read mark that frames lack, and leaves what it left', () => {
  const pages = [
    page([aRow('c', { lastAt: '3', readCount: 2 }), aRow('b', { lastAt: '2' })], 'n'),
    page([aRow('a', { lastAt: '1' })]),
  ]
  const moved = withRow(pages, aRow('b', { lastAt: '4', readCount: null }), true)
  expect(ids(moved)).toEqual(['bc', 'a'])
  const told = withRow(pages, aRow('c', { lastAt: '3', inCount: 5, readCount: null }), true)
  expect(unreadOf(told[0]!.items[0]!)).toBe(3)
  expect(ids(withRow(pages, aRow('c'), false))).toEqual(['b', 'a'])
})

test('what is one’s own is kept when a frame does not say it, each by itself', () => {
  const pages = [page([aRow('a', { readCount: 2, hasDraft: true })])]
  const told = (given: Partial<ConversationRow>) => withRow(pages, aRow('a', given), true)[0]!.items[0]!
  expect(told({ readCount: null, hasDraft: null })).toMatchObject({ readCount: 2, hasDraft: true })
  expect(told({ readCount: 3, hasDraft: null })).toMatchObject({ readCount: 3, hasDraft: true })
  expect(told({ readCount: 3, hasDraft: false })).toMatchObject({ readCount: 3, hasDraft: false })
})

test('a row below what is loaded waits for its page', () => {
  const pages = [page([aRow('c', { lastAt: '3' })], 'n')]
  expect(ids(withRow(pages, aRow('a', { lastAt: '1' }), true))).toEqual(['c'])
})

test('held rows stay where they are; what is new is counted and waits', () => {
  const fresh = [aRow('d', { lastAt: '9' }), aRow('a', { lastAt: '8' }), aRow('b', { lastAt: '2' })]
  const held = heldOrder(fresh, ['b', 'a'])
  expect(held.rows.map((row) => row.id)).toEqual(['b', 'a'])
  expect(held.waiting).toBe(2)
  expect(heldOrder(fresh, null)).toMatchObject({ waiting: 0, rows: fresh })
})

test('a page that is loaded while the order is held stands below', () => {
  const fresh = [aRow('b', { lastAt: '2' }), aRow('a', { lastAt: '1' })]
  expect(heldOrder(fresh, ['b']).rows.map((row) => row.id)).toEqual(['b', 'a'])
})
