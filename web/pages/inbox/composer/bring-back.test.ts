/** A refused message that is taken back is in the text box, or still where it stood: it is never nowhere. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ClientId, ConversationId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import { aMessage } from '../testing.ts'
import type { Pending } from './outbox.ts'

const { takeBack } = vi.hoisted(() => ({ takeBack: vi.fn<() => Promise<unknown>>() }))
vi.mock('./outbox.ts', () => ({ takeBack }))
vi.mock('../thread/use-thread.ts', () => ({ findMessage: async () => null, shownBefore: () => [] }))
vi.mock('../../../app/tell.ts', () => ({ tell: () => {}, tellFailure: () => {} }))
vi.mock('../../../app/words.ts', () => ({ wordsIn: () => (key: string) => key }))

const ANN = 'ann' as ConversationId
const file = { kind: 'image', source: { file: 'kettle' }, type: 'image/png', name: 'kettle.png', bytes: 5 }
const REFUSED = {
  clientId: 'one' as ClientId,
  conversation: ANN,
  parts: [file, { kind: 'text', text: 'See attached', entities: [] }],
  subject: 'Kettles',
  cc: ['bob@people.test'],
  note: false,
  at: '2026-11-20T10:00:00.000Z',
} as unknown as Pending
let saved: unknown[]
let known: Response

beforeEach(() => {
  vi.resetModules()
  takeBack.mockReset().mockResolvedValue(REFUSED)
  saved = []
  known = Response.json({ text: 'Dear Bob', note: false })
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('fetch', async (_: string, { method, body }: RequestInit) => {
    if (method === 'PUT') saved.push(JSON.parse(body as string))
    else return known
    return Response.json({})
  })
  return () => vi.unstubAllGlobals()
})

/** The member opens another conversation while the row is taken from its shelf. */
async function takenBack(leaves: boolean, refused = REFUSED) {
  const { backOfRefused } = await import('./bring-back.ts')
  const { attachedTo } = await import('./attached.ts')
  const { headOf } = await import('./heads.ts')
  const { owedDraft, isAhead } = await import('./draft-saves.ts')
  let isHere = true
  takeBack.mockImplementation(async () => {
    isHere = !leaves
    return refused
  })
  const back = await backOfRefused(refused, () => isHere)
  return { back, files: () => attachedTo(ANN).map(({ key }) => key), head: () => headOf(ANN), owedDraft, isAhead }
}

test('whoever is there gets it into his text box', async () => {
  const { back, files } = await takenBack(false)
  expect(back?.ask).toMatchObject({ kind: 'reply', back: { text: 'See attached', head: { subject: 'Kettles' } } })
  expect([files(), saved]).toEqual([[], []])
})

test('who looks elsewhere by then finds it behind what he wrote, with its files, subject and copies', async () => {
  const { back, files, head } = await takenBack(true)
  expect(back).toBeNull()
  expect(saved).toEqual([{ text: 'Dear Bob\nSee attached', note: false }])
  expect(files()).toEqual(['kettle'])
  expect(head()).toEqual({ subject: 'Kettles', cc: 'bob@people.test' })
})

/** A chat message, undone while what may be asked of the text box is still to be found out. */
async function undone({ isHere, isLetter, subject = '' }: { isHere: boolean; isLetter: boolean; subject?: string }) {
  const { backOfUndone } = await import('./bring-back.ts')
  const { setHead } = await import('./heads.ts')
  known = Response.json({ text: '', note: false })
  setHead(ANN, { subject, cc: '' })
  const message = aMessage('one', { direction: 'out', conversation: ANN, content: plain('At nine') })
  return backOfUndone(ANN, message, () => isHere, isLetter)
}

test('of a send that is undone the words are found where they were written, by who looks elsewhere by then', async () => {
  expect(await undone({ isHere: false, isLetter: false })).toBeNull()
  await vi.waitFor(() => expect(saved).toEqual([{ text: 'At nine', note: false }]))
})

test('a subject keeps words from coming back only where it is a part of what is written', async () => {
  expect(await undone({ isHere: true, isLetter: true, subject: 'Kettles' })).toBeNull()
  const back = await undone({ isHere: true, isLetter: false, subject: 'Kettles' })
  expect(back?.ask.back.text).toBe('At nine')
})

test('while the server’s own draft is not known, it waits for that one', async () => {
  known = Response.json({ code: 'broken', title: '', status: 500 }, { status: 500 })
  const { owedDraft, isAhead } = await takenBack(true)
  expect([owedDraft(ANN)?.text, isAhead(ANN), saved]).toEqual(['See attached', true, []])
})

test.each([
  ['their own upload', { uploadedAt: 5 }, 5],
  ['nothing where messages name them all', { uploadedAt: null }, null],
  ['the sending, where an earlier window kept no better', {}, Date.parse(REFUSED.at)],
])('the age of its files counts from %s', async (_, kept, uploadedAt) => {
  const { back } = await takenBack(false, { ...REFUSED, ...kept })
  expect(back?.ask.uploadedAt).toBe(uploadedAt)
})
