/** The roads of a conversation, as they are now. */
import { sql } from 'kysely'
import type { RoadOption } from '#contract/calls/conversations.ts'
import type { ChannelId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import type { Connectors } from '#connector-kit/load.ts'
import type { Tx } from '#server/platform/database.ts'
import { programClock } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { answeredLetter } from './answered-letter.ts'
import { chooseRoad, type Choice, type RoadState } from './road.ts'

export interface KnownRoad extends RoadState {
  readonly network: string
  readonly address: string
  readonly channelName: string
  readonly unverified: boolean
  /** What goes by it are letters. */
  readonly isMail: boolean
}

interface Row {
  identity: IdentityId
  channel: ChannelId
  connector: string
  network: string
  channelName: string
  channelState: ChannelState
  reach: string
  lastInAt: Date | null
  windowUntil: Date | null
  address: string
  unverified: boolean
}

export async function roadsOf(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  connectors: Connectors,
): Promise<KnownRoad[]> {
  const { rows } = await sql<Row>`
    select r.identity_id as identity, r.channel_id as channel, ch.connector, ch.network, ch.name as "channelName", ch.state as "channelState", i.reach, i.unverified,
           r.last_in_at as "lastInAt", r.window_until as "windowUntil", coalesce(case when i.handle like '%@%' then i.handle else '@' || i.handle end, i.phone, i.email, i.name, i.external_id) as address
      from conversation c
      join identity i on i.workspace_id = c.workspace_id and (i.contact_id = c.contact_id or i.id = c.room_id)
      join road r on r.workspace_id = i.workspace_id and r.identity_id = i.id
      join channel ch on ch.workspace_id = r.workspace_id and ch.id = r.channel_id and ch.removed_at is null
     where c.workspace_id = ${workspace} and c.id = ${conversation}`.execute(tx)
  const roads = rows.map(({ connector, ...row }) => {
    const found = connectors.get(connector)?.connector
    return {
      ...row,
      hasWindow: found?.abilities.window !== undefined,
      mayBegin: found?.abilities.first.who === 'anyone',
      official: found?.manifest.access !== 'unofficial',
      isMail: found?.abilities.subject?.out !== undefined,
    }
  })
  // Where an address is all that one needs to write, what was said there before its proof adds no second road to it. Elsewhere two that
  // are called alike are two places.
  const placeOf = ({ channel, address }: KnownRoad) => `${channel} ${address}`
  const believed = new Set(roads.filter(({ unverified }) => !unverified).map(placeOf))
  return roads.filter((road) => !road.mayBegin || !road.unverified || !believed.has(placeOf(road)))
}

export interface Asked {
  via?: IdentityId | undefined
  replyTo?: MessageId | undefined
}

/** @throws Refused `not_found` for the conversation, an identity that is not in it, or the message replied to */
export async function chooseFor(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  asked: Asked,
  connectors: Connectors,
): Promise<{ choice: Choice; roads: KnownRoad[] }> {
  const { rows } = await sql<{ identity: IdentityId | null; channel: ChannelId | null }>`
    select road_identity as identity, road_channel as channel from conversation where workspace_id = ${workspace} and id = ${conversation}`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  const { identity, channel } = rows[0]
  const roads = await roadsOf(tx, workspace, conversation, connectors)
  if (asked.via && !roads.some((road) => road.identity === asked.via))
    await mustBeIn(tx, workspace, conversation, asked.via)
  const replyTo = asked.replyTo && (await placeOfTarget(tx, workspace, conversation, asked.replyTo))
  const wish = {
    ...(asked.via ? { via: asked.via } : {}),
    ...(replyTo?.identity ? { replyTo: { identity: replyTo.identity, channel: replyTo.channel } } : {}),
    ...(identity && channel ? { chosen: { identity, channel } } : {}),
  }
  return { choice: chooseRoad(roads, wish, programClock.now()), roads }
}

/** An address without a road is one of this contact all the same: then the answer is that there is no road. */
async function mustBeIn(tx: Tx, workspace: WorkspaceId, conversation: ConversationId, identity: IdentityId) {
  const { rows } = await sql`
    select 1 from conversation c join identity i on i.workspace_id = c.workspace_id and (i.contact_id = c.contact_id or i.id = c.room_id)
     where c.workspace_id = ${workspace} and c.id = ${conversation} and i.id = ${identity}`.execute(tx)
  if (rows.length === 0) throw new Refused('not_found')
}

/** @throws Refused `not_found` for a message that is not shown in this conversation */
export async function placeOfTarget(tx: Tx, workspace: WorkspaceId, conversation: ConversationId, id: MessageId) {
  const { rows } = await sql<{ identity: IdentityId | null; channel: ChannelId | null }>`
    select identity_id as identity, channel_id as channel from message where workspace_id = ${workspace} and id = ${id} and shown_in = ${conversation}`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  return rows[0]
}

export async function roadOptions(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  connectors: Connectors,
): Promise<RoadOption[]> {
  const { choice, roads } = await chooseFor(tx, workspace, conversation, {}, connectors)
  const options: RoadOption[] = []
  for (const { road, cannot } of choice.others) {
    const { identity, channel } = road
    const known = roads.find((each) => each.identity === identity && each.channel === channel)!
    const chosen = road === choice.road
    options.push({
      identity,
      channel,
      network: known.network,
      address: known.address,
      channelName: known.channelName,
      chosen,
      why: chosen ? choice.why : [],
      cannot,
      windowUntil: road.windowUntil?.toISOString() ?? null,
      // Of one that never wrote here, no letter would be found in the whole thread.
      answered:
        known.isMail && known.lastInAt !== null
          ? await answeredLetter(tx, workspace, { conversation, identity, channel })
          : null,
    })
  }
  return options
}
