/**
 * "A member types", "a member has read", "your press was heard": told to the network where it can show them. Losable by design: no rows, no retries, and
 * whatever goes wrong is nobody's trouble.
 */
import { sql } from 'kysely'
import type { Context, OpDo } from '#connector-kit/connector.ts'
import { perform, type Wire } from '#connector-kit/perform.ts'
import type { ChannelId, ConversationId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { CONDUCT } from '#contract/message/channel-state.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { isPlatforms } from '#server/conversations/names.ts'
import type { Database } from '#server/platform/database.ts'
import type { Log } from '#server/platform/log.ts'
import { newId, programClock } from '#server/platform/new-id.ts'

export interface Losable {
  /**
   * The window says so every few seconds while a member types; networks that let it fade hear it at most every 3 s. Of several who type
   * the last one ends it.
   */
  typing(workspace: WorkspaceId, conversation: ConversationId, member: MemberId, on: boolean): void
  /** Everything up to `seq` was seen. */
  read(workspace: WorkspaceId, conversation: ConversationId, seq: number): void
  /** The press of a button is on record: its spinner may end. */
  answer(channel: ChannelId, chat: string, press: string): void
}

const AGAIN_MS = 3_000
const DEADLINE_MS = 5_000
const MOST_REMEMBERED = 10_000

export function losable(deps: {
  database: Database
  channels: LiveChannels
  wireOf(channel: LiveChannel, signal: AbortSignal): Wire
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  log: Log
}): Losable {
  /** When the network was told, and who typed since. */
  const typing = new Map<ConversationId, { toldAt: number; by: MemberId }>()
  const readUpTo = new Map<ConversationId, string>()

  interface Heard {
    channel: ChannelId
    chat: string
    /** The network's name of the newest message heard there. */
    id: string
  }

  /** The newest thing this conversation heard, up to `seq`: where the person is, and what has been read. */
  async function lastHeard(workspace: WorkspaceId, conversation: ConversationId, seq: number | null) {
    const { rows } = await deps.database.inWorkspace(workspace, (tx) =>
      sql<Heard>`
        select r.channel_id as channel, r.chat, r.external_id as id
          from message m
         cross join lateral (select * from message_ref x where x.workspace_id = ${workspace} and x.message_id = m.id and x.channel_id = m.channel_id
                                and ${isPlatforms(sql`x.external_id`)} limit 1) r
         where m.workspace_id = ${workspace} and m.conversation_id = ${conversation} and m.direction = 'in' and m.seq <= coalesce(${seq}::bigint, m.seq)
         order by m.seq desc limit 1`.execute(tx),
    )
    return rows[0]
  }

  async function tell(
    heard: Pick<Heard, 'channel' | 'chat'>,
    act: OpDo,
    can: (channel: LiveChannel) => boolean,
  ): Promise<void> {
    const channel = await deps.channels.get(heard.channel)
    if (!channel || channel.hold || !CONDUCT[channel.state].sends || !can(channel)) return
    const op = { key: newId(), chat: heard.chat, ...act }
    const wire = deps.wireOf(channel, AbortSignal.timeout(DEADLINE_MS))
    await perform(channel.connector.outgoing(op, deps.contextOf(channel)), wire)
  }

  const quietly = (work: Promise<void>) =>
    void work.catch((error: unknown) => deps.log.debug({ error }, 'a hint to a network was lost'))

  return {
    typing: (workspace, conversation, member, on) => {
      const now = programClock.monotonicMs()
      const before = typing.get(conversation)
      if (typing.size > MOST_REMEMBERED) typing.clear()
      if (on) {
        const isKnown = before !== undefined && now - before.toldAt < AGAIN_MS
        typing.set(conversation, { toldAt: isKnown ? before.toldAt : now, by: member })
        if (isKnown) return
      } else if (before?.by === member) typing.delete(conversation)
      else return
      quietly(
        lastHeard(workspace, conversation, null).then(
          (heard) =>
            heard &&
            tell(heard, { do: 'typing', kind: on ? 'text' : 'stop' }, (channel) => !!channel.abilities.typing?.out),
        ),
      )
    },
    answer: (channel, chat, press) =>
      quietly(
        tell({ channel, chat }, { do: 'answer', press }, ({ abilities: { choices } }) =>
          Boolean(choices?.buttons ?? choices?.list),
        ),
      ),
    read: (workspace, conversation, seq) => {
      quietly(
        lastHeard(workspace, conversation, seq).then((heard) => {
          if (!heard || readUpTo.get(conversation) === heard.id) return undefined
          if (readUpTo.size > MOST_REMEMBERED) readUpTo.clear()
          readUpTo.set(conversation, heard.id)
          const { chat, id } = heard
          return tell(heard, { do: 'read', upTo: { chat, id } }, (channel) => !!channel.abilities.receipts?.markRead)
        }),
      )
    },
  }
}
