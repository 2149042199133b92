/** Reports of the platforms about what we sent: merged upwards, never down. */
import { sql } from 'kysely'
import type { DeliveryId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { stateAfter, type DeliveryState } from '#contract/message/delivery-state.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { recordReach } from '#server/contacts/identities.ts'
import type { BatchPlan, StatusTold } from '#server/conversations/told.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { resumeFollowers } from './followers.ts'
import { countFailures } from './trouble.ts'

interface Row {
  id: DeliveryId
  message: MessageId
  state: DeliveryState
}

export async function applyStatuses(
  tx: Tx,
  workspace: WorkspaceId,
  told: readonly StatusTold[],
  watermarks: BatchPlan['watermarks'],
): Promise<void> {
  const changes = [...(await single(tx, workspace, told)), ...(await upTo(tx, workspace, watermarks))]
  if (changes.length === 0) return
  const trouble = await countFailures(tx, workspace, changes)
  await resumeFollowers(
    tx,
    workspace,
    changes.flatMap(({ id, was, state }) => (was === 'unconfirmed' && state !== was && state !== 'failed' ? [id] : [])),
  )
  await announce(tx, workspace, [
    ...changes.map((each) => ({ kind: 'message.changed' as const, subject: each.message })),
    ...trouble,
  ])
}

type Change = Row & { was: DeliveryState }

async function single(tx: Tx, workspace: WorkspaceId, told: readonly StatusTold[]): Promise<Change[]> {
  if (told.length === 0) return []
  const ids = [...new Set(told.map((each) => each.delivery))]
  const { rows } = await sql<Row & { identity: IdentityId; rest: number }>`
    select id, message_id as message, state, identity_id as identity, rest from delivery
     where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`id`, ids)} order by id for update`.execute(
    tx,
  )
  const changes: Change[] = []
  for (const row of rows) {
    // What is told of one piece does not speak for a message of which others have not arrived; a failure does.
    const mine = told.filter((each) => each.delivery === row.id && (row.rest === 0 || each.state === 'failed'))
    const state = mine.reduce((now, each) => stateAfter(now, each.state), row.state)
    const at = (wanted: string) => mine.find((each) => each.state === wanted)?.at ?? null
    const failure = state === 'failed' ? mine.find((each) => each.state === 'failed') : undefined
    const good = state === 'sent' || state === 'delivered' || state === 'read'
    await sql`
      update delivery
         set state = ${state}, sent_at = coalesce(sent_at, ${at('sent')}), delivered_at = coalesce(delivered_at, ${at('delivered')}),
             read_at = coalesce(read_at, ${at('read')}), reason = ${failure ? (failure.error ?? 'refused') : good ? null : sql`reason`},
             hint = ${failure ? JSON.stringify(failure.words ? { words: failure.words } : {}) : good ? null : sql`hint`}
       where workspace_id = ${workspace} and id = ${row.id} and ${inMonths.of(sql`id`, [row.id])}`.execute(tx)
    changes.push({ ...row, was: row.state, state })
    // A refusal that came late tells the same about the address as one at once.
    const marks = failure?.error ? verdictOf(failure.error).marks : undefined
    if (marks) await recordReach(tx, workspace, [row.identity], marks)
  }
  return changes
}

/** "Read up to T": one statement for all that was dispatched to this identity before. */
async function upTo(tx: Tx, workspace: WorkspaceId, watermarks: BatchPlan['watermarks']): Promise<Change[]> {
  const changes: Change[] = []
  for (const mark of newest(watermarks)) {
    const from = mark.state === 'read' ? ['sent', 'delivered', 'unconfirmed'] : ['sent', 'unconfirmed']
    const { rows } = await sql<Change>`
      with before as (select id, state as was from delivery
                       where workspace_id = ${workspace} and identity_id = ${mark.identity} and channel_id = ${mark.channel}
                         and state = any (${from}) and rest = 0 and coalesce(sent_at, dispatched_at) <= ${mark.at} order by id for update)
      update delivery d set state = ${mark.state}, delivered_at = coalesce(d.delivered_at, ${mark.at}),
             read_at = ${mark.state === 'read' ? sql`coalesce(d.read_at, ${mark.at})` : sql`d.read_at`}
        from before where d.workspace_id = ${workspace} and d.id = before.id
      returning d.id, d.message_id as message, before.was, d.state`.execute(tx)
    changes.push(...rows)
  }
  return changes
}

function newest(watermarks: BatchPlan['watermarks']): BatchPlan['watermarks'] {
  const best = new Map<string, BatchPlan['watermarks'][number]>()
  for (const mark of watermarks) {
    const key = `${mark.channel} ${mark.identity as IdentityId} ${mark.state}`
    const before = best.get(key)
    if (!before || before.at < mark.at) best.set(key, mark)
  }
  return [...best.values()]
}
