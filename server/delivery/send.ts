/** What members say: checked and put on its road. Each function runs in the caller's transaction. */
import { sql } from 'kysely'
import { fit } from '#connector-kit/fit/fit.ts'
import type { Op } from '#connector-kit/connector.ts'
import type { ClientId, ConversationId, FileId, IdentityId, MemberId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Choices, Content, Part } from '#contract/message/content.ts'
import { goesOnUnder } from '#contract/message/goes-on-under.ts'
import type { Connectors } from '#connector-kit/load.ts'
import { markRead } from '#server/conversations/change.ts'
import { ownName } from '#server/conversations/names.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId, programClock } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { answeredLetter, type LetterPlace } from './answered-letter.ts'
import { say } from './enqueue.ts'
import { chooseFor, placeOfTarget } from './roads.ts'

export interface Spoken {
  text?: string | undefined
  parts?: Part[] | undefined
  subject?: string | undefined
  cc?: string[] | undefined
  bcc?: string[] | undefined
  choices?: Choices | undefined
  via?: IdentityId | undefined
  replyTo?: MessageId | undefined
  clientId?: ClientId | undefined
  sendAt?: string | undefined
  note?: boolean | undefined
  marksRead?: boolean | undefined
}

/** @throws Refused `not_found`, of the message replied to as well · `no_road` with the reasons of each road */
export async function sendMessage(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: ConversationId,
  spoken: Spoken,
  connectors: Connectors,
): Promise<MessageId> {
  const conversation = await lockConversation(tx, workspace, id)
  const before = spoken.clientId && (await byClientId(tx, workspace, spoken.clientId))
  if (before) return before
  const content = contentOf(spoken)
  await holdFiles(tx, workspace, content)
  const base = {
    conversation: conversation.id,
    content,
    member,
    cause: null,
    clientId: spoken.clientId ?? null,
    class: 1 as const,
  }
  if (spoken.note) {
    if (spoken.replyTo) await placeOfTarget(tx, workspace, conversation.id, spoken.replyTo)
    const { message } = await say(tx, workspace, {
      ...base,
      road: null,
      replyTo: spoken.replyTo ?? null,
      thread: null,
      sendAt: null,
    })
    await nameByClient(tx, workspace, spoken.clientId, message)
    return message
  }
  const { choice } = await chooseFor(tx, workspace, conversation.id, spoken, connectors)
  if (!choice.road) {
    const reasons = choice.others.map(({ road, cannot }) => ({
      identity: road.identity,
      channel: road.channel,
      cannot,
    }))
    throw new Refused('no_road', { values: { roads: reasons } })
  }
  const { identity, channel } = choice.road
  const { message } = await say(tx, workspace, {
    ...base,
    content: await asLetter(
      tx,
      workspace,
      { conversation: conversation.id, identity, channel, replyTo: spoken.replyTo },
      content,
      connectors,
    ),
    road: { identity, channel, why: choice.why },
    replyTo: spoken.replyTo ?? null,
    thread: null,
    sendAt: spoken.sendAt ? new Date(spoken.sendAt) : null,
  })
  await nameByClient(tx, workspace, spoken.clientId, message)
  // Whoever answers has read what he answers, by whatever road he does it.
  if (spoken.marksRead !== false) await markRead(tx, workspace, member, conversation.id, Number.MAX_SAFE_INTEGER)
  return message
}

export function contentOf(spoken: Pick<Spoken, 'text' | 'parts' | 'subject' | 'cc' | 'bcc' | 'choices'>): Content {
  const text = spoken.text?.trim() ? [{ kind: 'text' as const, text: spoken.text, entities: [] }] : []
  const parts = [...(spoken.parts ?? []), ...text]
  if (parts.length === 0)
    throw new Refused('invalid', { fields: [{ path: 'text', reason: 'text or parts are wanted' }] })
  const { subject, cc, bcc, choices } = spoken
  return {
    parts,
    ...(subject ? { subject } : {}),
    ...(cc ? { cc } : {}),
    ...(bcc ? { bcc } : {}),
    ...(choices ? { choices } : {}),
  }
}

/**
 * A letter without a subject of its own goes on under the last one of its thread. Where it goes is decided now and stays in it, so that
 * the thread says it: as the letter replied to asks, else the newest one of this person.
 */
async function asLetter(
  tx: Tx,
  workspace: WorkspaceId,
  place: LetterPlace,
  content: Content,
  connectors: Connectors,
): Promise<Content> {
  const { conversation, channel } = place
  const { rows: channels } = await sql<{
    connector: string
  }>`select connector from channel where workspace_id = ${workspace} and id = ${channel}`.execute(tx)
  if (!connectors.get(channels[0]?.connector ?? '')?.connector.abilities.subject?.out) return content
  const answersTo = (await answeredLetter(tx, workspace, place))?.answersTo
  const addressed = answersTo ? { ...content, answersTo } : content
  if (content.subject) return addressed
  const { rows } = await sql<{ subject: string }>`
    select content ->> 'subject' as subject from message
     where workspace_id = ${workspace} and shown_in = ${conversation} and channel_id = ${channel} and content ? 'subject' order by placed desc, seq desc limit 1`.execute(
    tx,
  )
  const last = rows[0]?.subject
  return last ? { ...addressed, subject: goesOnUnder(last) } : addressed
}

async function lockConversation(tx: Tx, workspace: WorkspaceId, id: ConversationId): Promise<{ id: ConversationId }> {
  const { rows } = await sql<{ id: ConversationId; joined: ConversationId | null }>`
    select id, joined_into as joined from conversation where workspace_id = ${workspace} and id = ${id} for update`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  // Its contact was merged while the composer was open: the message goes where the thread is now.
  return rows[0].joined ? lockConversation(tx, workspace, rows[0].joined) : rows[0]
}

/** A client id is one more name of the message: a repeat returns the first. */
async function byClientId(tx: Tx, workspace: WorkspaceId, clientId: ClientId): Promise<MessageId | null> {
  const { channel, chat, id } = ownName.ofClient(clientId)
  const { rows } = await sql<{ message: MessageId }>`
    select message_id as message from message_ref where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat} and external_id = ${id}`.execute(
    tx,
  )
  return rows[0]?.message ?? null
}

async function nameByClient(
  tx: Tx,
  workspace: WorkspaceId,
  clientId: ClientId | undefined,
  message: MessageId,
): Promise<void> {
  if (!clientId) return
  const { channel, chat, id } = ownName.ofClient(clientId)
  await sql`insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, direction)
            values (${workspace}, ${channel}, ${chat}, ${id}, ${message}, 'out')`.execute(tx)
}

/** @throws Refused `not_found` for a file that is not this workspace's */
async function holdFiles(tx: Tx, workspace: WorkspaceId, content: Content): Promise<void> {
  const files = content.parts.flatMap((part) => ('source' in part ? [part.source] : []))
  if (files.some((source) => !('file' in source)))
    throw new Refused('invalid', { fields: [{ path: 'parts', reason: 'files are named by their id' }] })
  const ids = [...new Set(files.flatMap((source) => ('file' in source ? [source.file as FileId] : [])))]
  if (ids.length === 0) return
  const { rows } =
    await sql`update file set held = true where workspace_id = ${workspace} and id = any (${ids}::uuid[]) returning id`.execute(
      tx,
    )
  if (rows.length < ids.length) throw new Refused('not_found')
}

/** What would become of this message on its road. */
export async function preview(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  spoken: Spoken,
  connectors: Connectors,
  /** Others can reach us: links to files and pages are possible. */
  isReachable: boolean,
) {
  const { choice } = await chooseFor(tx, workspace, conversation, spoken, connectors)
  const channel = choice.road?.channel
  const { rows } = channel
    ? await sql<{
        connector: string
      }>`select connector from channel where workspace_id = ${workspace} and id = ${channel}`.execute(tx)
    : { rows: [] }
  const connector = connectors.get(rows[0]?.connector ?? '')?.connector
  if (!connector || !choice.road) return { pieces: [], applied: [], cannot: 'no_road' }
  const op: Op = { key: newId(), chat: '-', do: 'message', content: contentOf(spoken) }
  const fitted = fit(op, connector.abilities, {
    now: programClock.now(),
    windowEnds: choice.road.hasWindow ? choice.road.windowUntil : null,
    linkOf: () => (isReachable ? 'https://…' : null),
    ...(isReachable ? { page: 'https://…' } : {}),
  })
  if ('cannot' in fitted) return { pieces: [], applied: [], cannot: fitted.cannot }
  return {
    pieces: fitted.ops.flatMap((each) => (each.do === 'message' ? [each.content] : [])),
    applied: fitted.applied,
    cannot: null,
  }
}
