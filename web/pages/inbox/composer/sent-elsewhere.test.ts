/** Of two tabs one sends what both show: the other does not send it again. */
import { beforeEach, expect, test, vi } from 'vitest'
import { getDraft } from '#contract/calls/conversations.ts'
import type { ClientId, ConversationId, MemberId } from '#contract/ids.ts'
import { aMessage } from '../testing.ts'
import type { Draft } from './draft-saves.ts'

const { here } = vi.hoisted(() => ({ here: new Set<string | null>() }))
vi.mock('./outbox.ts', () => ({ isFromHere: ({ clientId }: { clientId: ClientId | null }) => here.has(clientId) }))

const [ANN, OLGA] = ['ann' as ConversationId, 'olga' as MemberId]
let saved: unknown[]

beforeEach(() => {
  vi.resetModules()
  here.clear()
  saved = []
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('fetch', async (_: string, { body }: RequestInit) => {
    saved.push(JSON.parse(body as string))
    return Response.json({})
  })
  return () => vi.unstubAllGlobals()
})

async function leftOf(draft: Draft, by: MemberId, isOwed = false): Promise<Draft | undefined> {
  const { client } = await import('../../../app/client.ts')
  const { dropSentElsewhere } = await import('./sent-elsewhere.ts')
  const { saveAfterRest } = await import('./draft-saves.ts')
  const key = [getDraft.path, { params: { id: ANN } }]
  client.setQueryData(key, draft)
  if (isOwed) saveAfterRest(ANN, draft)
  const content = { parts: [{ kind: 'text' as const, text: 'At nine', entities: [] }] }
  const author = { ...aMessage('').author, member: by }
  const message = aMessage('one', { conversation: ANN, direction: 'out', content, author, clientId: 'it' as ClientId })
  dropSentElsewhere(message, OLGA)
  return client.getQueryData(key)
}
const [DRAFT, NOTHING] = [
  { text: '**At** nine\n', note: false },
  { text: '', note: false },
]

test('the words of the text box that the member sent elsewhere are there no more', async () => {
  expect([await leftOf(DRAFT, OLGA), saved]).toEqual([NOTHING, []])
})

test('those that are not saved yet are not saved behind it', async () => {
  expect(await leftOf(DRAFT, OLGA, true)).toEqual(NOTHING)
  await vi.waitFor(() => expect(saved).toMatchObject([NOTHING]))
})

test.each([
  ['another text', { text: 'At ten', note: false }, OLGA],
  ['a note of the same words', { text: 'At nine', note: true }, OLGA],
  ['a colleague’s message', DRAFT, 'bob' as MemberId],
])('%s takes nothing away', async (_, draft, by) => {
  expect(await leftOf(draft, by)).toEqual(draft)
})

test('nor does what left from here: the same words may be meant once more', async () => {
  here.add('it')
  expect(await leftOf(DRAFT, OLGA)).toEqual(DRAFT)
})
