/** Which letter an answer goes on from: it says where the answer goes, and who heard it before. */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { sinceOf } from '#server/conversations/lists.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'

export interface LetterPlace {
  readonly conversation: ConversationId
  readonly identity: IdentityId
  readonly channel: ChannelId
  readonly replyTo?: MessageId | undefined
}

/** The one replied to, else the newest of this person on this road. */
export async function answeredLetter(
  tx: Tx,
  workspace: WorkspaceId,
  { conversation, identity, channel, replyTo }: LetterPlace,
): Promise<Pick<Content, 'answersTo' | 'cc'> | null> {
  const since = await sinceOf(tx, workspace, conversation)
  const newest = sql`shown_in = ${conversation} and ${inMonths.since(sql`id`, since)}`
  // What is replied to may be our own: then he said nothing there.
  for (const which of replyTo ? [sql`id = ${replyTo} and ${inMonths.of(sql`id`, [replyTo])}`, newest] : [newest]) {
    const { rows } = await sql<{ answersTo: Content['answersTo'] | null; cc: string[] | null }>`
      select content -> 'answersTo' as "answersTo", content -> 'cc' as cc from message
       where workspace_id = ${workspace} and ${which} and channel_id = ${channel} and identity_id = ${identity} and direction = 'in'
       order by placed desc, seq desc limit 1`.execute(tx)
    const [letter] = rows
    if (letter)
      return {
        ...(letter.answersTo ? { answersTo: letter.answersTo } : {}),
        ...(letter.cc ? { cc: letter.cc } : {}),
      }
  }
  return null
}
