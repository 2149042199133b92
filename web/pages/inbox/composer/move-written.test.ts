/** Two contacts become one while the member writes to either: nothing that he wrote stays where nobody can open it. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId } from '#contract/ids.ts'

vi.mock('./outbox.ts', () => ({ moveUnsent: async () => {} }))
const { upload } = vi.hoisted(() => ({ upload: vi.fn<() => unknown>() }))
vi.mock('./upload.ts', () => ({ upload }))

const [TINA, ANN] = ['tina' as ConversationId, 'ann' as ConversationId]
const FILE = { id: 'kettle', name: 'kettle.txt', type: 'text/plain', bytes: 5 }
const reply = (text: string) => ({ text, note: false })
let saved: [string, string][]
/** What the server has. */
let kept: Record<string, ReturnType<typeof reply>>

beforeEach(() => {
  vi.resetModules()
  saved = []
  vi.stubGlobal('window', new EventTarget())
  kept = {}
  vi.stubGlobal('fetch', async (path: string, { body, method }: RequestInit) => {
    const conversation = path.split('/')[3]!
    if (method === 'GET') return Response.json(kept[conversation] ?? reply(''))
    saved.push([conversation, (JSON.parse(body as string) as { text: string }).text])
    return Response.json({})
  })
  return () => vi.unstubAllGlobals()
})

test('subject, copies and files go along, and a file that is being uploaded arrives there', async () => {
  const { moveWritten } = await import('./move-written.ts')
  const { attach, attachedTo } = await import('./attached.ts')
  const { headOf, setHead, NO_HEAD } = await import('./heads.ts')
  const done = Promise.withResolvers<typeof FILE>()
  upload.mockReturnValue({ done: done.promise, cancel: () => {} })
  attach(TINA, [new File(['12345'], 'kettle.txt', { type: 'text/plain' })])
  setHead(TINA, { subject: 'Kettles', cc: 'bob@people.test' })
  setHead(ANN, { subject: '', cc: 'cid@people.test' })
  for (const _ of ['told', 'opened']) moveWritten(TINA, ANN)
  done.resolve(FILE)
  await vi.waitFor(() => expect(attachedTo(ANN).map(({ file }) => file)).toEqual([FILE]))
  expect(attachedTo(TINA)).toEqual([])
  expect([headOf(TINA), headOf(ANN)]).toEqual([NO_HEAD, { subject: 'Kettles', cc: 'cid@people.test' }])
})

test('words that the server does not have yet wait there for what it has, and are kept no more where they were', async () => {
  const { moveWritten } = await import('./move-written.ts')
  const { isAhead, owedDraft, saveAfterRest, joinOwed } = await import('./draft-saves.ts')
  saveAfterRest(TINA, reply('Tina, I said'))
  for (const _ of ['told', 'opened']) moveWritten(TINA, ANN)
  expect([owedDraft(ANN), isAhead(ANN)]).toEqual([reply('Tina, I said'), true])
  await vi.waitFor(() => expect([saved, owedDraft(TINA)]).toEqual([[[TINA, '']], null]))
  expect(joinOwed(ANN, reply('Dear Ann\nTina, I'))).toEqual(reply('Dear Ann\nTina, I said'))
})

async function aTab() {
  const saves = await import('./draft-saves.ts')
  const { noteRead } = await import('./known-drafts.ts')
  const { keptDraft } = await import('./kept-draft.ts')
  const { client } = await import('../../../app/client.ts')
  const { moveWritten } = await import('./move-written.ts')
  const join = () => {
    for (const _ of ['told', 'opened']) moveWritten(TINA, ANN)
  }
  return { ...saves, noteRead, keptDraft, client, join }
}

test('words that are owed there do not replace those that came along', async () => {
  const { noteRead, saveAfterRest, joinOwed, isAhead, join } = await aTab()
  noteRead(ANN, 'Dear')
  saveAfterRest(ANN, reply('Dear Ann'))
  join()
  expect(isAhead(ANN)).toBe(true)
  expect(joinOwed(ANN, reply('Dear\nKept for Tina'))).toEqual(reply('Dear Ann\nKept for Tina'))
})

test('what the server carried is not brought again by a tab that knows it, however old that is', async () => {
  const { noteRead, owedDraft, client, join } = await aTab()
  client.setQueryData(['/api/conversations/:id/draft', { params: { id: TINA } }], reply('Hello'))
  noteRead(TINA, 'Hello')
  join()
  await vi.waitFor(() => expect(client.isFetching()).toBe(0))
  expect([owedDraft(ANN), saved.filter(([, text]) => text.includes('Hello'))]).toEqual([null, []])
})

test('what was saved behind the join is brought after it, and lies no more where nobody looks', async () => {
  const { noteRead, owedDraft, join } = await aTab()
  noteRead(TINA, 'Tina, I said')
  kept[TINA] = reply('Tina, I said')
  join()
  await vi.waitFor(() => expect(owedDraft(ANN)).toEqual(reply('Tina, I said')))
  await vi.waitFor(() => expect(saved).toContainEqual([TINA, '']))
})

test('what was sent, and came along before it was taken away, waits there no more', async () => {
  const { noteRead, keptDraft, saveNow, join } = await aTab()
  noteRead(TINA, 'Hello')
  kept[ANN] = reply('There\nHello')
  saveNow(TINA, reply(''))
  join()
  await vi.waitFor(() => expect(keptDraft(ANN)).toEqual(reply('There')))
  await vi.waitFor(() => expect(saved).toContainEqual([ANN, 'There']))
})
