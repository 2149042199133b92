/** The server's draft, as this window knows it: found when the conversation is opened again. */
import { getDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import type { Draft } from './draft-saves.ts'

export function keepDraft(conversation: ConversationId, draft: Draft): void {
  const queryKey = keyOf(getDraft, { params: { id: conversation } })
  // What is on its way is older.
  void client.cancelQueries({ queryKey })
  client.setQueryData(queryKey, draft)
}
