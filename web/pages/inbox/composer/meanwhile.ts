/** What was said while a member wrote, and that he has not seen. Pure. */
import type { MessageView } from '#contract/calls/conversations.ts'

export interface Writing {
  /** How far the conversation was when this text was begun; null: nothing was typed here. */
  readonly begunSeq: number | null
  /** How far the member has read it with his own eyes. */
  readonly seenSeq: number
  readonly conversation: string
  /** As `isFromHere` of the outbox: the same member may write on another device too. */
  readonly isFromHere: boolean
}

/** @returns what must be looked at before this text leaves; null: nothing */
export function cameMeanwhile(newest: MessageView | null, { begunSeq, seenSeq, conversation, isFromHere }: Writing) {
  if (!newest || begunSeq === null || isFromHere) return null
  // What a merge or an older stretch of the thread brings counts in another row of numbers, or was said before.
  if (newest.conversation !== conversation) return null
  return newest.seq > Math.max(begunSeq, seenSeq) ? newest : null
}
