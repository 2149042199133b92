/** The server's draft, as this window knows it: found when the conversation is opened again. */
import { queryOptions } from '@tanstack/react-query'
import { getDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf } from '../../../app/acts.ts'
import { call } from '../../../app/call.ts'
import { client } from '../../../app/client.ts'
import type { Draft } from './draft-saves.ts'
import { noteRead } from './known-drafts.ts'

export const draftQuery = (conversation: ConversationId) => {
  const given = { params: { id: conversation } }
  return queryOptions({
    queryKey: keyOf(getDraft, given),
    queryFn: async ({ signal }): Promise<Draft> => {
      const draft = await call(getDraft, given, { signal })
      noteRead(conversation, draft.text)
      return draft
    },
  })
}

/** Null: it was not asked for yet. */
export const keptDraft = (conversation: ConversationId): Draft | null =>
  client.getQueryData<Draft>(draftQuery(conversation).queryKey) ?? null

export function keepDraft(conversation: ConversationId, draft: Draft): void {
  const { queryKey } = draftQuery(conversation)
  // What is on its way is older.
  void client.cancelQueries({ queryKey })
  client.setQueryData(queryKey, draft)
}
