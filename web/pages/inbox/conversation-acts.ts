/** What a member does to conversations, one or many: said, undoable, and seen at once. */
import {
  changeConversation,
  changeConversations,
  markRead,
  type ConversationRow,
} from '#contract/calls/conversations.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import type { ActId, ChannelId, ConversationId, IdentityId, MemberId } from '#contract/ids.ts'
import { call } from '../../app/call.ts'
import { client } from '../../app/client.ts'
import { tellFailure } from '../../app/tell.ts'
import { wordsIn } from '../../app/words.ts'
import { keepConversation } from './apply-events.ts'
import { portionsOf } from './portions.ts'
import { dayAndClock } from './times.ts'
import { tellDone } from './undo.ts'
import { keyOf } from '../../app/acts.ts'
import { listRoads } from '#contract/calls/conversations.ts'

export type Change =
  | { to: 'close' }
  | { to: 'reopen' }
  | { to: 'snooze'; until: string }
  | { to: 'assign'; member: MemberId | null; name: string }

const bodyOf = (change: Change) => {
  switch (change.to) {
    case 'close':
      return { status: 'closed' as const }
    case 'reopen':
      return { status: 'open' as const }
    case 'snooze':
      return { snoozeUntil: change.until }
    case 'assign':
      return { assignee: change.member }
  }
}

/** Changes them portion by portion; a refusal leaves the earlier ones done and told. @returns those that are done */
export async function changeAll(
  ids: readonly ConversationId[],
  change: Change,
  language: string,
): Promise<readonly ConversationId[]> {
  const did: ConversationId[] = []
  const acts: ActId[] = []
  try {
    for (const conversations of portionsOf(ids, MOST_AT_ONCE)) {
      const done = await call(changeConversations, { body: { conversations, change: bodyOf(change) } })
      for (const row of done.conversations) keepConversation(row)
      did.push(...conversations)
      acts.push(...done.acts)
    }
  } catch (error) {
    tellFailure(error)
  }
  if (acts.length > 0) tellDone(wordsOfChange(change, acts.length, language), acts)
  return did
}

function wordsOfChange(change: Change, count: number, language: string): string {
  const t = wordsIn('inbox')
  switch (change.to) {
    case 'close':
      return t('done.closed', { count })
    case 'reopen':
      return t('done.reopened', { count })
    case 'snooze':
      return t('done.snoozed', { count, at: dayAndClock(change.until, language) })
    case 'assign':
      return change.member ? t('done.assigned', { count, name: change.name }) : t('done.unassigned', { count })
  }
}

/** The road of the next messages; null: Parley chooses again. */
export async function chooseRoad(
  id: ConversationId,
  via: { identity: IdentityId; channel: ChannelId } | null,
): Promise<void> {
  try {
    const { conversation } = await call(changeConversation, { params: { id }, body: { via } })
    keepConversation(conversation)
    await client.invalidateQueries({ queryKey: keyOf(listRoads, { params: { id } }) })
  } catch (error) {
    tellFailure(error)
  }
}

/** Everything up to the newest has been seen. A lost one costs nothing: the next look says it again. */
export async function haveRead(row: ConversationRow): Promise<void> {
  keepConversation({ ...row, readCount: row.inCount })
  await call(markRead, { params: { id: row.id }, body: { seq: row.lastSeq } }).catch(() => {})
}

export async function markUnread(row: ConversationRow): Promise<void> {
  try {
    await call(markRead, { params: { id: row.id }, body: { unread: true } })
    keepConversation({ ...row, readCount: Math.min(row.readCount ?? row.inCount, row.inCount - 1) })
  } catch (error) {
    tellFailure(error)
  }
}
