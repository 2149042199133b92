/** Which letter an answer goes on from, and so where it goes and who heard it before: as the server decides it. Pure. */
import type { MessageView, RoadOption } from '#contract/calls/conversations.ts'

/** Of the letter: where answers go, and who got copies. */
export type AnsweredLetter = RoadOption['answered']

/** The one replied to, if it came by this road, else the newest of this person: the server knows it, for it may lie beyond the loaded page. */
export function answeredLetter(
  road: Pick<RoadOption, 'identity' | 'channel' | 'answered'> | null,
  replyTo: MessageView | null,
): AnsweredLetter {
  if (!road) return null
  const { direction, identity, channel, content } = replyTo ?? {}
  const isTheirs = direction === 'in' && identity === road.identity && channel === road.channel
  return isTheirs && content ? content : road.answered
}
