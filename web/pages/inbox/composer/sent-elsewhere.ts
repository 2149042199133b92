/** What the member sent from another tab or device: the same words do not wait here to be sent once more. */
import type { MessageView } from '#contract/calls/conversations.ts'
import type { MemberId } from '#contract/ids.ts'
import { client } from '../../../app/client.ts'
import { broughtBack } from './brought-back.ts'
import { isAhead, owedDraft, saveNow, type Draft } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { noteOf } from './edited-words.ts'
import { NO_DRAFT } from './joined-drafts.ts'
import { draftQuery, keepDraft, keptDraft } from './kept-draft.ts'
import { readMarks } from './marks.ts'
import { isFromHere } from './outbox.ts'

/** By then its draft is gone from the server too. */
const SOON_MS = 1_000

export function dropSentElsewhere(message: MessageView, me: MemberId): void {
  const { conversation, direction, author, content } = message
  if (author.member !== me || isFromHere(message)) return
  const owed = owedDraft(conversation)
  const draft = owed ?? keptDraft(conversation)
  if (draft && !isAhead(conversation) && isOf(draft, direction, content)) {
    keepDraft(conversation, NO_DRAFT)
    setDrafted(conversation, false)
    // What is on its way would bring it back.
    if (owed) saveNow(conversation, NO_DRAFT)
  } else setTimeout(() => void client.invalidateQueries(draftQuery(conversation)), SOON_MS)
}

function isOf(draft: Draft, direction: MessageView['direction'], content: MessageView['content']): boolean {
  if (draft.note !== (direction === 'note')) return false
  const { text } = draft.note ? noteOf(draft.text) : readMarks(draft.text.trimEnd())
  return text !== '' && text === broughtBack(content, true).text
}
