/** Which letter an answer goes on from, and so where it goes and who heard it before: as the server decides it. Pure. */
import type { MessageView } from '#contract/calls/conversations.ts'

/** Which letters count: those that came by the road on which the answer goes. */
export interface LetterRoad {
  readonly identity: string
  readonly channel: string
}

/** The one replied to, else the newest of this person. */
export function answeredLetter(
  items: readonly MessageView[],
  road: LetterRoad | null,
  replyTo: MessageView | null,
): MessageView | null {
  const isTheirs = (each: MessageView) =>
    each.direction === 'in' && each.identity === road?.identity && each.channel === road.channel
  return replyTo && isTheirs(replyTo) ? replyTo : (items.findLast(isTheirs) ?? null)
}
