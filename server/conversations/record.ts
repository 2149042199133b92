import type { MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { loadKnown } from './load.ts'
import { planBatch } from './plan.ts'
import type { BatchPlan, Told } from './told.ts'
import { abandon, park, writePlan } from './write.ts'

/**
 * Brings a batch of events into their conversations: load in sets → plan, purely → write in one order. Called by the worker of the
 * journal inside its transaction, with the events of each lane in their order.
 * @returns the plan: what was applied and parked, and what higher rungs have yet to act on (statuses, tokens, presses …); whether parked
 *          events woke up
 */
export async function recordIncoming(
  tx: Tx,
  workspace: WorkspaceId,
  batch: readonly Told[],
): Promise<BatchPlan & { readonly woke: boolean }> {
  const known = await loadKnown(tx, workspace, batch)
  const plan = planBatch(batch, known, newId<MessageId>)
  const woke = await writePlan(tx, workspace, plan, known)
  await park(tx, workspace, plan.parked)
  await abandon(tx, workspace, plan.abandoned)
  return { ...plan, woke }
}
