/** What stands in a conversation's text box, also before its draft is loaded. */
import type { ConversationId } from '#contract/ids.ts'
import { client } from '../../../app/client.ts'
import { attachedTo } from './attached.ts'
import { isAhead, owedDraft, type Draft } from './draft-saves.ts'
import { headOf, NO_HEAD } from './heads.ts'
import { joinedDrafts, NO_DRAFT } from './joined-drafts.ts'
import { draftQuery } from './kept-draft.ts'

export interface BeingWritten {
  /** Of what the words and the files are to become; null where there are none. */
  readonly kind: 'note' | 'reply' | null
  /** A subject or copies. */
  readonly hasHead: boolean
}

export async function beingWritten(conversation: ConversationId): Promise<BeingWritten> {
  const { text, note } = await draftOf(conversation)
  const isAny = text.trim() !== '' || attachedTo(conversation).length > 0
  return { kind: isAny ? (note ? 'note' : 'reply') : null, hasHead: headOf(conversation) !== NO_HEAD }
}

async function draftOf(conversation: ConversationId): Promise<Draft> {
  const newest = owedDraft(conversation)
  if (newest && !isAhead(conversation)) return newest
  // Where nobody answers, what was typed here is all that is known.
  const kept = await client.ensureQueryData(draftQuery(conversation)).catch(() => NO_DRAFT)
  const owed = owedDraft(conversation)
  if (!owed) return kept
  return isAhead(conversation) ? joinedDrafts(kept, owed) : owed
}
