import { sql } from 'kysely'
import type { Me } from '#connector-kit/connector.ts'
import type { ChannelView, QuarantinedEvent } from '#contract/calls/channels.ts'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'

export interface ChannelRow extends Omit<
  ChannelView,
  'secretsSet' | 'webhookUrl' | 'since' | 'lastInAt' | 'lastOutAt' | 'unreadSince' | 'createdAt' | 'me'
> {
  me: Me
  since: Date
  lastInAt: Date | null
  lastOutAt: Date | null
  unreadSince: Date | null
  createdAt: Date
}

/** Over so many deliveries of the workspace: a bounded walk down the primary key, whose ids grow with time. */
const LATELY = 1_000

/** Channels with their queues and how their last deliveries went, oldest first. */
export async function channelRows(tx: Tx, workspace: WorkspaceId, ids: ChannelId[] | null): Promise<ChannelRow[]> {
  const { rows } = await sql<ChannelRow>`
    with last as (select channel_id, state, reason, dispatched_at, sent_at from delivery where workspace_id = ${workspace} order by id desc limit ${LATELY}),
         lately as (select channel_id, count(*)::int as sent, count(*) filter (where state in ('failed', 'unconfirmed'))::int as failed,
                           round(1000 * percentile_cont(0.95) within group (order by extract(epoch from sent_at - dispatched_at)))::int as accepted
                      from last where state not in ('queued', 'sending') and reason is distinct from 'cancelled' group by channel_id)
    select c.id, c.connector, c.network, c.name, c.settings_open as settings, c.me, c.state, c.reason, c.state_data as "stateData", c.since,
           c.last_in_at as "lastInAt", c.last_out_at as "lastOutAt", c.created_at as "createdAt",
           (select count(*)::int from delivery_work w where w.workspace_id = c.workspace_id and w.channel_id = c.id) as queued,
           (select count(*)::int from inbound_work w where w.workspace_id = c.workspace_id and w.channel_id = c.id and w.state = 2) as quarantined,
           coalesce(l.sent, 0) as "sentLately", coalesce(l.failed, 0) as "failedLately", l.accepted as "acceptedWithinMs",
           coalesce(u.unread, 0) as unread, u.since as "unreadSince"
      from channel c
      left join lately l on l.channel_id = c.id
      left join lateral (select count(*)::int as unread, min(w.changed_at) as since from inbound_work w
                          where w.workspace_id = c.workspace_id and w.channel_id = c.id and w.state <> 2) u on true
     where c.workspace_id = ${workspace} and c.removed_at is null ${ids ? sql`and c.id = any (${ids}::uuid[])` : sql``}
     order by c.created_at, c.id`.execute(tx)
  return rows
}

export interface NewChannel {
  id: ChannelId
  connector: string
  network: string
  name: string
  settings: Uint8Array
  open: Record<string, unknown>
  hookSecret: Uint8Array
  me: Me
  scope: string
}

export async function insertChannel(tx: Tx, workspace: WorkspaceId, channel: NewChannel): Promise<void> {
  await sql`insert into channel_directory (channel_id, workspace_id, connector, active) values (${channel.id}, ${workspace}, ${channel.connector}, true)`.execute(
    tx,
  )
  await sql`
    insert into channel (workspace_id, id, connector, network, name, settings, settings_open, hook_secret, me, scope, state, checked_at)
    values (${workspace}, ${channel.id}, ${channel.connector}, ${channel.network}, ${channel.name}, ${channel.settings}, ${JSON.stringify(channel.open)}::jsonb,
            ${channel.hookSecret}, ${JSON.stringify(channel.me)}::jsonb, ${channel.scope}, 'connecting', now())`.execute(
    tx,
  )
}

export interface ChannelChange {
  name?: string
  settings?: { sealed: Uint8Array; open: Record<string, unknown> }
  me?: Me
  scope?: string
}

export async function updateChannel(
  tx: Tx,
  workspace: WorkspaceId,
  id: ChannelId,
  change: ChannelChange,
): Promise<void> {
  await sql`
    update channel
       set name = coalesce(${change.name ?? null}, name), settings = coalesce(${change.settings?.sealed ?? null}, settings),
           settings_open = coalesce(${change.settings ? JSON.stringify(change.settings.open) : null}::jsonb, settings_open),
           me = coalesce(${change.me ? JSON.stringify(change.me) : null}::jsonb, me), scope = coalesce(${change.scope ?? null}, scope), checked_at = now()
     where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  await sql`update channel_directory set version = version + 1 where channel_id = ${id}`.execute(tx)
}

/** Signed out for good: its secrets go, its conversations stay, what waits to leave fails with a reason (`delivery`). */
export async function retireChannel(tx: Tx, workspace: WorkspaceId, id: ChannelId, nothing: Uint8Array): Promise<void> {
  await sql`update channel set removed_at = now(), state = 'stopped', settings = ${nothing}, settings_open = '{}', hook_secret = ${nothing}
             where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  await sql`delete from channel_kept where workspace_id = ${workspace} and channel_id = ${id}`.execute(tx)
  await sql`update channel_directory set active = false, version = version + 1 where channel_id = ${id}`.execute(tx)
}

export async function quarantineRows(
  tx: Tx,
  workspace: WorkspaceId,
  id: ChannelId,
  after: number,
  limit: number,
): Promise<(Omit<QuarantinedEvent, 'body' | 'receivedAt'> & { inbound: InboundId; receivedAt: Date })[]> {
  const { rows } = await sql<Omit<QuarantinedEvent, 'body' | 'receivedAt'> & { inbound: InboundId; receivedAt: Date }>`
    select pos::text as position, coalesce(error_code, 'unreadable') as code, tries, changed_at as "receivedAt", inbound_id as inbound
      from inbound_work where workspace_id = ${workspace} and channel_id = ${id} and state = 2 and pos > ${after}
     order by pos limit ${limit}`.execute(tx)
  return rows
}
