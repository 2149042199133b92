/** What stands in the thread, line by line: days, the unread line, the road where it changes, messages. Pure. */
import type { DeliveryView, MessageView } from '#contract/calls/conversations.ts'
import type { ChannelId, IdentityId, MemberId } from '#contract/ids.ts'

export type ThreadLine =
  | { line: 'day'; key: string; at: string }
  | { line: 'unread'; key: string; count: number }
  | { line: 'road'; key: string; network: string; channel: ChannelId; identity: IdentityId | null }
  | { line: 'message'; key: string; message: MessageView; joins: boolean }

/** Messages of one author within this time are one block. */
const JOIN_MS = 3 * 60_000

/**
 * @param messages  oldest first
 * @param unread    the first one that the member had not seen when the thread was opened, and how many there were
 * @param dayOf     the member's own calendar day of a time
 * @param fromStart the first message is the first of the thread: its road is told too
 */
export function threadLines(
  messages: readonly MessageView[],
  unread: Unread | null,
  dayOf: (at: string) => string,
  fromStart: boolean,
): ThreadLine[] {
  const lines: ThreadLine[] = []
  let day = ''
  let before: MessageView | null = null
  let road: { channel: ChannelId | null; identity: IdentityId | null } | null = null
  for (const message of messages) {
    const today = dayOf(message.placed)
    if (today !== day) lines.push({ line: 'day', key: `day ${today}`, at: message.placed })
    if (message.id === unread?.first) lines.push({ line: 'unread', key: 'unread', count: unread.count })
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

/**
 * Each day in a stretch of its own, its label first: a label that sticks to the top goes with the end of its stretch, so that no two of
 * them lie on one another.
 */
export function daysOf(lines: readonly ThreadLine[]): ThreadLine[][] {
  const days: ThreadLine[][] = []
  for (const line of lines) {
    if (line.line === 'day') days.push([line])
    else days.at(-1)!.push(line)
  }
  return days
}

const isOneBlock = (one: MessageView, other: MessageView): boolean =>
  one.direction === other.direction &&
  one.direction !== 'event' &&
  one.author.identity === other.author.identity &&
  one.author.member === other.author.member &&
  one.author.cause === other.author.cause &&
  Date.parse(other.placed) - Date.parse(one.placed) <= JOIN_MS

export interface Unread {
  first: string
  count: number
}

/**
 * Once, when the thread opens: the line stays where it was while more comes in. Whoever answered has seen what stands above his
 * answer, however much of it is still counted.
 */
export function unreadFrom(messages: readonly MessageView[], unread: number, me: MemberId): Unread | null {
  if (unread <= 0) return null
  const answered = messages.findLastIndex((each) => each.direction === 'out' && each.author.member === me)
  const incoming = messages.slice(answered + 1).filter((each) => each.direction === 'in')
  const first = incoming.at(-Math.min(unread, incoming.length))
  return first ? { first: first.id, count: answered < 0 ? unread : Math.min(unread, incoming.length) } : null
}

/** The delivery that says how the message itself stands: the newest, for a resend settles those before. */
export const standingOf = (message: MessageView): MessageView['deliveries'][number] | null =>
  message.deliveries.findLast((each) => each.op === 'message') ?? null

/** How far it came, as its row of the list shows it (`server/conversations/rows.ts`): of what was taken back, or settled otherwise, nothing. */
export function lastStateOf(message: MessageView): DeliveryView['state'] | null {
  const standing = standingOf(message)
  return standing && !(standing.settled && isTrouble(standing)) ? standing.state : null
}

const isTrouble = ({ state }: DeliveryView): boolean => state === 'failed' || state === 'unconfirmed'

/** Its sender keeps it back: for second thoughts, or until a time. One that was tried waits for its network, and says so. */
export const isHeldBack = ({ state, reason, readyAt }: DeliveryView): boolean =>
  state === 'queued' && reason === null && readyAt !== null

/** Edits, deletions and reactions that the network has not answered yet. */
export const changesOnTheWay = (message: MessageView) =>
  message.deliveries.flatMap(({ id, op, state }) =>
    op !== 'message' && (state === 'queued' || state === 'sending') ? [{ id, op, state }] : [],
  )

/** How far our own reaction came: the last word about it counts. */
export const reactionState = (message: MessageView): MessageView['deliveries'][number]['state'] | undefined =>
  message.deliveries.findLast(({ op }) => op === 'react')?.state

export const hasTrouble = (message: MessageView): boolean =>
  message.deliveries.some((each) => isTrouble(each) && !each.settled)
