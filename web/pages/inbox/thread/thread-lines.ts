/** What stands in the thread, line by line: days, the unread line, the road where it changes, messages. Pure. */
import type { MessageView } from '#contract/calls/conversations.ts'
import type { ChannelId, IdentityId } from '#contract/ids.ts'

export type ThreadLine =
  | { line: 'day'; key: string; at: string }
  | { line: 'unread'; key: string; count: number }
  | { line: 'road'; key: string; network: string; channel: ChannelId; identity: IdentityId | null }
  | { line: 'message'; key: string; message: MessageView; joins: boolean }

/** Messages of one author within this time are one block. */
const JOIN_MS = 3 * 60_000

/**
 * @param messages  oldest first
 * @param unread    how many of the newest incoming ones the member had not seen when the thread was opened
 * @param dayOf     the member's own calendar day of a time
 * @param fromStart the first message is the first of the thread: its road is told too
 */
export function threadLines(
  messages: readonly MessageView[],
  unread: number,
  dayOf: (at: string) => string,
  fromStart: boolean,
): ThreadLine[] {
  const lines: ThreadLine[] = []
  const firstUnread = unreadFrom(messages, unread)
  let day = ''
  let before: MessageView | null = null
  let road: { channel: ChannelId | null; identity: IdentityId | null } | null = null
  for (const message of messages) {
    const today = dayOf(message.placed)
    if (today !== day) lines.push({ line: 'day', key: `day ${today}`, at: message.placed })
    if (message.id === firstUnread) lines.push({ line: 'unread', key: 'unread', count: unread })
    if (message.channel && message.network && (message.direction === 'in' || message.direction === 'out')) {
      const moved = road ? road.channel !== message.channel || road.identity !== message.identity : fromStart
      if (moved) {
        lines.push({
          line: 'road',
          key: `road ${message.id}`,
          network: message.network,
          channel: message.channel,
          identity: message.identity,
        })
      }
      road = { channel: message.channel, identity: message.identity }
    }
    const isFirst = lines.at(-1)?.line !== 'message'
    lines.push({
      line: 'message',
      key: message.id,
      message,
      joins: !isFirst && before !== null && isOneBlock(before, message),
    })
    day = today
    before = message
  }
  return lines
}

const isOneBlock = (one: MessageView, other: MessageView): boolean =>
  one.direction === other.direction &&
  one.direction !== 'event' &&
  one.author.identity === other.author.identity &&
  one.author.member === other.author.member &&
  one.author.cause === other.author.cause &&
  Date.parse(other.placed) - Date.parse(one.placed) <= JOIN_MS

function unreadFrom(messages: readonly MessageView[], unread: number): string | null {
  if (unread <= 0) return null
  const incoming = messages.filter((each) => each.direction === 'in')
  return incoming.at(-Math.min(unread, incoming.length))?.id ?? null
}

/** The delivery that says how the message itself stands: the newest, for a resend settles those before. */
export const standingOf = (message: MessageView): MessageView['deliveries'][number] | null =>
  message.deliveries.findLast((each) => each.op === 'message') ?? null

export const hasTrouble = (message: MessageView): boolean =>
  message.deliveries.some((each) => (each.state === 'failed' || each.state === 'unconfirmed') && !each.settled)
