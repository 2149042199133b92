/** Who may write to whom, and who belongs to a group. */
import type { Incoming } from '#connector-kit/connector.ts'
import { MemberChange } from './payloads.ts'
import { readAs } from './read-as.ts'
import type { Reading } from './reading.ts'
import { chatName, isRoom, nameOf, whoIs } from './who.ts'

/**
 * About the bot itself. In a private chat: `kicked` = the person blocked the bot, `member` = unblocked or began.
 * In groups: it was added, removed, given or taken rights.
 */
export function ourMembershipChanged(payload: unknown, reading: Reading): Incoming[] {
  const change = readAs(MemberChange, payload, 'my_chat_member')
  if (!isRoom(change.chat))
    return [{ is: 'permission', by: whoIs(change.from, reading.c.me), may: change.new_chat_member.status !== 'kicked' }]
  return [eventIn(change, `bot_${whatChanged(change)}`, reading)]
}

/** About others; comes to administrators only. In groups, joining and leaving are told by a message too: said once is enough. */
export function memberChanged(payload: unknown, reading: Reading): Incoming[] {
  const change = readAs(MemberChange, payload, 'chat_member')
  const what = whatChanged(change)
  const isToldTwice = change.chat.type !== 'channel' && (what === 'joined' || what === 'left')
  return isToldTwice ? [] : [eventIn(change, what, reading)]
}

function whatChanged({ old_chat_member: before, new_chat_member: after }: MemberChange): string {
  const was = isInside(before)
  const is = isInside(after)
  if (after.status === 'kicked') return 'banned'
  if (was !== is) return is ? 'joined' : 'left'
  if (before.status === 'kicked') return 'unbanned'
  if (after.status === 'administrator' || after.status === 'creator') return 'promoted'
  if (before.status === 'administrator' || before.status === 'creator') return 'demoted'
  return after.status === 'restricted' ? 'restricted' : 'allowed'
}

const isInside = ({ status, is_member: stays }: MemberChange['new_chat_member']): boolean =>
  status === 'restricted' ? (stays ?? true) : status !== 'left' && status !== 'kicked'

/** No message stands behind it, so it is named after the update, which is unique. */
function eventIn(change: MemberChange, what: string, { c, updateId }: Reading): Incoming {
  return {
    is: 'message',
    ref: { chat: String(change.chat.id), id: `update:${updateId}` },
    by: whoIs(change.from, c.me),
    at: new Date(change.date * 1000),
    content: { parts: [{ kind: 'event', what, who: [nameOf(change.new_chat_member.user)] }] },
    group: { name: chatName(change.chat) },
  }
}
