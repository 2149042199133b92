/**
 * A conversation was joined to another: what is being written in it, and what the server refused of it, goes on there, for it can be opened
 * no more. The server carries along what it has of the text itself; here is what only this tab has. Done twice, it does nothing.
 */
import { saveDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { call } from '../../../app/call.ts'
import { client } from '../../../app/client.ts'
import { moveAttached } from './attached.ts'
import { dropOwed, isAhead, keepAhead, owedDraft, saveNow } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { headOf, NO_HEAD, setHead } from './heads.ts'
import { joinedDrafts, NO_DRAFT } from './joined-drafts.ts'
import { draftQuery, keepDraft, keptDraft } from './kept-draft.ts'
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

function moveText(from: ConversationId, into: ConversationId): void {
  const owed = owedDraft(from)
  const there = owedDraft(into)
  // Also what the server has of it: saved after the two became one, it lies where nobody looks. What came along is said once.
  const text = owed ?? keptDraft(from)
  const carried = owed?.text === '' ? takeAway(into, knownOf(from)) : Promise.resolve()
  dropOwed(from)
  if (owed) void takeAway(from)
  client.setQueryData(draftQuery(from).queryKey, NO_DRAFT)
  setDrafted(from, false)
  // By now it holds what was carried along.
  void carried.then(() => client.invalidateQueries(draftQuery(into)))
  if (!text || text.text.trim() === '') return
  setDrafted(into, true)
  const both = there ? joinedDrafts(there, text) : text
  if (!there || isAhead(into)) return keepAhead(into, both)
  keepDraft(into, both)
  saveNow(into, both)
}

/** @param was  it came along before it was taken away where it was written: only where it reads so still */
async function takeAway(conversation: ConversationId, was?: readonly string[]): Promise<void> {
  const body = was ? { ...NO_DRAFT, was: [...was] } : NO_DRAFT
  // Where it stays, its writer sees it.
  await call(saveDraft, { params: { id: conversation }, body }).catch(() => {})
}
