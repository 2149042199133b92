/** What a tab keeps is one member's: a reload brings it back to him, and nobody else finds it. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { MemberId } from '#contract/ids.ts'

const [ANN, BOB] = ['ann' as MemberId, 'bob' as MemberId]
let storage: Record<string, string>

beforeEach(() => {
  storage = {}
  const methods = {
    getItem: (key: string) => storage[key] ?? null,
    setItem: (key: string, value: string) => void (storage[key] = value),
    removeItem: (key: string) => void delete storage[key],
  }
  // `Object.keys` names what is kept, as of the browser's own.
  vi.stubGlobal(
    'sessionStorage',
    new Proxy(methods, {
      ownKeys: () => Object.keys(storage),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    }),
  )
  return () => vi.unstubAllGlobals()
})

async function aPage() {
  vi.resetModules()
  return import('./tab-memory.ts')
}

test('a reload brings it back, but not before it is known who sits here', async () => {
  const first = await aPage()
  first.remember('heads', 'nobody’s')
  expect(storage).toEqual({})
  first.keepFor(ANN)
  first.remember('heads', 'Kettles')
  const next = await aPage()
  expect(next.remembered('heads')).toBeNull()
  next.keepFor(ANN)
  expect(next.remembered('heads')).toBe('Kettles')
})

test('who signs in next finds nothing, and what another left goes', async () => {
  storage['parley.reloaded'] = '1'
  const first = await aPage()
  first.keepFor(ANN)
  first.remember('heads', 'Kettles')
  const next = await aPage()
  expect(next.keepFor(BOB)).toBe(true)
  expect(next.remembered('heads')).toBeNull()
  expect(Object.keys(storage)).toEqual(['parley.reloaded'])
})

test('a page that holds what is one member’s is none for another, until it is left', async () => {
  const page = await aPage()
  const emptied = vi.fn<() => void>(() => page.remember('heads', null))
  page.onForgotten(emptied)
  page.keepFor(ANN)
  page.remember('heads', 'Kettles')
  expect([page.keepFor(BOB), page.keepFor(ANN)]).toEqual([false, true])
  page.leavePage()
  expect(emptied).toHaveBeenCalledOnce()
  page.keepFor(ANN)
  expect(page.remembered('heads')).toBe('Kettles')
  page.forgetAll()
  expect(storage).toEqual({})
})
