/** A page acts for the member it was drawn for, whoever signed in in another tab since. */
import { beforeEach, expect, test, vi } from 'vitest'
import { changeMe, getMe } from '#contract/calls/members.ts'
import type { MemberId } from '#contract/ids.ts'
import type { MeView } from './session.ts'

let went: string[]
let sent: (string | null)[]

beforeEach(() => {
  vi.resetModules()
  went = []
  sent = []
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('location', { pathname: '/inbox', search: '', assign: (to: string) => void went.push(to) })
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: Record<string, string> }) => {
    const named = headers['x-parley-member'] ?? null
    sent.push(named)
    return named === 'ann'
      ? Response.json({ code: 'another_member', title: '', status: 409 }, { status: 409 })
      : Response.json({}, { status: 200 })
  })
  return () => vi.unstubAllGlobals()
})

async function aPage() {
  const { call } = await import('./call.ts')
  const { sitsHere } = await import('./session.ts')
  const { drawFor } = await import('./drawn-for.ts')
  const draw = (id: string) => sitsHere({ member: { id: id as MemberId } } as MeView)
  return { call, draw, drawFor }
}

test('each call names the member of the page, but for the one that asks who he is', async () => {
  const { call, draw } = await aPage()
  const change = () => call(changeMe, { body: { name: 'Ann' } }).catch(() => {})
  await change()
  draw('bob')
  await change()
  await call(getMe).catch(() => {})
  expect(sent).toEqual([null, 'bob', null])
})

test('a page of one member that another’s session refuses begins anew, once', async () => {
  const { call, draw } = await aPage()
  draw('ann')
  const change = () => call(changeMe, { body: { name: 'Ann' } }).catch((error: unknown) => error)
  expect(await change()).toMatchObject({ code: 'another_member' })
  expect(await change()).toMatchObject({ code: 'another_member' })
  expect([went, sent]).toEqual([['/inbox'], ['ann', 'ann']])
})
