/**
 * A conversation was joined to another: what is being written in it, and what the server refused of it, goes on there, for it can be opened
 * no more. The server carries along what it has of the text itself; here is what only this tab has. Done twice, it does nothing.
 */
import type { ConversationId } from '#contract/ids.ts'
import { client } from '../../../app/client.ts'
import { moveAttached } from './attached.ts'
import { isAhead, keepAhead, owedDraft, saveNow, type Draft } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { headOf, NO_HEAD, setHead } from './heads.ts'
import { joinedDrafts, NO_DRAFT } from './joined-drafts.ts'
import { draftQuery, keepDraft } from './kept-draft.ts'
import { knownOf } from './known-drafts.ts'
import { moveUnsent } from './outbox.ts'

export function moveWritten(from: ConversationId, into: ConversationId): void {
  moveText(from, into)
  moveAttached(from, into)
  const [head, there] = [headOf(from), headOf(into)]
  setHead(from, NO_HEAD)
  setHead(into, { subject: there.subject || head.subject, cc: there.cc || head.cc })
  void moveUnsent(from, into)
}

/** Taken away because it goes on elsewhere, and not because it was sent: told twice of a join, the second time does nothing. */
const MOVED: Draft = { ...NO_DRAFT }

function moveText(from: ConversationId, into: ConversationId): void {
  const owed = owedDraft(from)
  if (owed === MOVED) return
  const was = knownOf(from)
  const there = owedDraft(into)
  // Behind what is on its way.
  if (owed) saveNow(from, MOVED)
  client.setQueryData(draftQuery(from).queryKey, NO_DRAFT)
  setDrafted(from, false)
  if (owed && owed.text.trim() !== '') layBehind(into, owed)
  // It would be saved over what came along: that is read first.
  else if (there && !isAhead(into)) keepAhead(into, there, { text: knownOf(into).at(-1) ?? '', note: there.note })
  // By now it holds what was carried along.
  void client.invalidateQueries(draftQuery(into))
  if (owed?.text === '') void dropSent(into, was)
  else if (!owed && was.length > 0) void bringLate(from, into, was)
}

function layBehind(into: ConversationId, text: Draft): void {
  const there = owedDraft(into)
  const both = there ? joinedDrafts(there, text) : text
  setDrafted(into, true)
  if (!there || isAhead(into)) return keepAhead(into, both)
  keepDraft(into, both)
  saveNow(into, both)
}

/** Saved after the two became one it lies where nobody looks. What came along, or was sent, is there no more. */
async function bringLate(from: ConversationId, into: ConversationId, was: readonly string[]): Promise<void> {
  const late = await askServer(from)
  if (!late || !was.includes(late.text)) return
  saveNow(from, MOVED)
  layBehind(into, late)
}

/** It was sent, and came along before it was taken away. */
async function dropSent(into: ConversationId, was: readonly string[]): Promise<void> {
  const there = await askServer(into)
  const sent = was.toReversed().find((text) => there?.text === text || there?.text.endsWith(`\n${text}`))
  // What is being written there is saved without it.
  if (!there || sent === undefined || owedDraft(into)) return
  const rest = { ...there, text: there.text.slice(0, -sent.length).trimEnd() }
  keepDraft(into, rest)
  setDrafted(into, rest.text !== '')
  saveNow(into, rest)
}

/** Null: it cannot say. Then what lies there is seen by its writer. */
const askServer = (conversation: ConversationId): Promise<Draft | null> =>
  client.fetchQuery({ ...draftQuery(conversation), staleTime: 0 }).catch(() => null)
