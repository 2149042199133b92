/** What the browser will not keep is kept by the page: it may not be lost, nor may something older speak in its place. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ActFrame } from './connection.ts'
import { memory } from './memory.ts'

class Storage extends Map<string, string> {
  isFull = false
  isReadOnly = false
  getItem = (key: string) => this.get(key) ?? null
  setItem = (key: string, value: string) => {
    if (this.isFull || this.isReadOnly) throw new DOMException('no room', 'QuotaExceededError')
    this.set(key, value)
  }
  removeItem = (key: string) => {
    if (this.isReadOnly) throw new DOMException('not here', 'SecurityError')
    this.delete(key)
  }
  key = (index: number) => [...this.keys()][index] ?? null
  get length() {
    return this.size
  }
}

let storage: Storage
let told: (event: { key: string; newValue: string | null }) => void

beforeEach(() => {
  storage = new Storage()
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('addEventListener', (_: string, listen: typeof told) => (told = listen))
})
afterEach(() => vi.unstubAllGlobals())

const act = (id: string) => ({ t: 'delete', id, message: 'm' }) as ActFrame

test('where storage is full the page knows its visitor, his words and his draft all the same', () => {
  const kept = memory('1')
  kept.setToken('old')
  kept.keep(act('first'))
  storage.isFull = true
  kept.setToken('new')
  kept.keep(act('second'))
  kept.setDraft('half a thought')
  expect(kept.token()).toBe('new')
  expect(kept.unsent().map(({ id }) => id)).toEqual(['first', 'second'])
  expect(kept.draft()).toBe('half a thought')
  kept.drop('first')
  kept.drop('second')
  expect(kept.unsent()).toEqual([])
  storage.isFull = false
  kept.setToken('newest')
  expect([kept.token(), storage.getItem('parley:1:token')]).toEqual(['newest', 'newest'])
})

test('what cannot be removed is gone for this page', () => {
  const kept = memory('1')
  kept.setToken('old')
  kept.keep(act('first'))
  storage.isReadOnly = true
  kept.setToken(null)
  kept.drop('first')
  expect([kept.token(), kept.unsent()]).toEqual([null, []])
})

test('where storage is forbidden the page remembers, and forgets', () => {
  vi.stubGlobal('localStorage', undefined)
  const kept = memory('1')
  kept.setToken('mine')
  kept.keep(act('first'))
  expect([kept.token(), kept.unsent().length]).toEqual(['mine', 1])
  kept.forget()
  expect([kept.token(), kept.unsent()]).toEqual([null, []])
})

test('a session that another tab could store is the session of this page too', () => {
  const kept = memory('1')
  storage.isFull = true
  kept.setToken('mine')
  storage.isFull = false
  let changed: string | null = ''
  kept.onToken((token) => (changed = token))
  storage.setItem('parley:1:token', 'theirs')
  told({ key: 'parley:1:token', newValue: 'theirs' })
  expect([changed, kept.token()]).toEqual(['theirs', 'theirs'])
})
