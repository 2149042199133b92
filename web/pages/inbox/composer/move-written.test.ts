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

beforeEach(() => {
  vi.resetModules()
  saved = []
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('fetch', async (path: string, { body }: RequestInit) => {
    saved.push([path.split('/')[3]!, (JSON.parse(body as string) as { text: string }).text])
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

test('words that are owed there do not replace those that came along', async () => {
  const { client } = await import('../../../app/client.ts')
  const { moveWritten } = await import('./move-written.ts')
  const { saveAfterRest } = await import('./draft-saves.ts')
  client.setQueryData(['/api/conversations/:id/draft', { params: { id: TINA } }], reply('Kept for Tina'))
  saveAfterRest(ANN, reply('Dear Ann'))
  for (const _ of ['told', 'opened']) moveWritten(TINA, ANN)
  await vi.waitFor(() => expect(saved).toEqual([[ANN, 'Dear Ann\nKept for Tina']]))
})
