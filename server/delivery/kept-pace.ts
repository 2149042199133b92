/** What outlives the owner of a channel: how long it could send, until when the platform wants it silent, how fast it may speak. */
import { sql } from 'kysely'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import type { KeptPace, Owned } from './owned.ts'

/** What an earlier owner learned. */
export async function loadPace(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<KeptPace> {
  const { rows } = await sql<KeptPace>`
    select greatest(0, coalesce(extract(epoch from blocked_until - now()) * 1000, 0))::float8 as "blockedMs",
           coalesce((rates ->> 'factor')::float8, 1) as factor
      from channel_pace where workspace_id = ${workspace} and channel_id = ${channel}`.execute(tx)
  return rows[0] ?? { blockedMs: 0, factor: 1 }
}

/** An owner of an older epoch changes nothing any more. @returns what to note once it is committed */
export async function savePaces(tx: Tx, workspace: WorkspaceId, owned: readonly Owned[]): Promise<() => void> {
  const now = performance.now()
  const learned = owned.map((o) => ({
    o,
    channel: o.id,
    epoch: o.lease.epoch,
    breaker: o.breaker.state,
    /** For how long it could send since this was last saved. */
    openMs: Math.round(o.openMs),
    factor: o.pace.factor,
    blockedUntil: o.pace.blockedUntil,
    blockedMs: Math.max(0, o.pace.blockedUntil - now),
  }))
  if (learned.length > 0) await write(tx, workspace, learned)
  return () => {
    for (const { o, openMs, blockedUntil } of learned) {
      o.openMs -= openMs
      o.savedBlock = blockedUntil
    }
  }
}

interface Learned extends KeptPace {
  channel: ChannelId
  epoch: number
  breaker: string
  openMs: number
}

async function write(tx: Tx, workspace: WorkspaceId, learned: readonly Learned[]): Promise<void> {
  const of = <T>(read: (each: Learned) => T) => learned.map(read)
  await sql`
    insert into channel_pace as p (workspace_id, channel_id, blocked_until, rates, breaker, open_ms, epoch)
    select ${workspace}, n.channel, case when n.blocked > 0 then now() + n.blocked * interval '1 millisecond' end,
           jsonb_build_object('factor', n.factor), n.breaker, n.open, n.epoch
      from unnest(${of((e) => e.channel)}::uuid[], ${of((e) => e.blockedMs)}::float8[], ${of((e) => e.factor)}::float8[],
                  ${of((e) => e.breaker)}::text[], ${of((e) => e.openMs)}::bigint[], ${of((e) => e.epoch)}::bigint[])
           as n (channel, blocked, factor, breaker, open, epoch)
      join channel c on c.workspace_id = ${workspace} and c.id = n.channel
     order by n.channel
    on conflict (workspace_id, channel_id) do update
       set blocked_until = excluded.blocked_until, rates = excluded.rates, breaker = excluded.breaker, open_ms = p.open_ms + excluded.open_ms,
           epoch = excluded.epoch
     where p.epoch <= excluded.epoch`.execute(tx)
}
