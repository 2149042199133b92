/**
 * A conversation was joined to another: what is being written in it, and what the server refused of it, goes on there, for it can be opened
 * no more. The server carries along what it has of the text itself; here is what only this tab has. Done twice, it does nothing.
 */
import { getDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import { moveAttached } from './attached.ts'
import { isAhead, keepAhead, owedDraft, saveNow, type Draft } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { headOf, NO_HEAD, setHead } from './heads.ts'
import { joinedDrafts, NO_DRAFT } from './joined-drafts.ts'
import { keepDraft } from './kept-draft.ts'
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
  const known = keyOf(getDraft, { params: { id: from } })
  const owed = owedDraft(from)
  const there = owedDraft(into)
  // What is owed there is saved over all that the server has.
  const text = owed ?? (there ? client.getQueryData<Draft>(known) : null)
  if (owed?.text) saveNow(from, NO_DRAFT)
  client.setQueryData(known, NO_DRAFT)
  setDrafted(from, false)
  // By now it holds what was carried along.
  void client.invalidateQueries({ queryKey: keyOf(getDraft, { params: { id: into } }) })
  if (!text || text.text.trim() === '') return
  setDrafted(into, true)
  const both = there ? joinedDrafts(there, text) : text
  if (!there || isAhead(into)) return keepAhead(into, both)
  keepDraft(into, both)
  saveNow(into, both)
}
