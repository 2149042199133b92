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
 * @param hasRules  somebody answers by rules: what people say is handed over to him
 * @returns the plan: what was applied and parked, and what higher rungs have yet to act on (statuses, tokens, presses …); whether parked
 *          events woke up
 */
export async function recordIncoming(
  tx: Tx,
  workspace: WorkspaceId,
  batch: readonly Told[],
  hasRules = false,
): Promise<BatchPlan & { readonly woke: boolean }> {
  const plans = []
  for (const part of upToMoves(batch)) plans.push(await recordPart(tx, workspace, part, hasRules))
  return plans.length === 1 ? plans[0]! : { ...joined(plans), woke: plans.some(({ woke }) => woke) }
}

async function recordPart(tx: Tx, workspace: WorkspaceId, batch: readonly Told[], hasRules: boolean) {
  const known = await loadKnown(tx, workspace, batch)
  const plan = planBatch(batch, known, newId<MessageId>)
  const woke = await writePlan(tx, workspace, plan, known, hasRules)
  await park(tx, workspace, plan.parked)
  await abandon(tx, workspace, plan.abandoned)
  return { ...plan, woke }
}

/** Who is called otherwise from now on must be known by it to the next event: it begins a part of its own. */
function upToMoves(batch: readonly Told[]): Told[][] {
  const parts: Told[][] = [[]]
  for (const told of batch) {
    parts.at(-1)!.push(told)
    if (told.incoming.some(({ is }) => is === 'moved')) parts.push([])
  }
  return parts.filter((part, index) => index === 0 || part.length > 0)
}

function joined(plans: readonly BatchPlan[]): BatchPlan {
  const all = <Each>(of: (plan: BatchPlan) => readonly Each[]): Each[] => plans.flatMap(of)
  return {
    messages: all((plan) => plan.messages),
    refs: all((plan) => plan.refs),
    versions: all((plan) => plan.versions),
    changed: new Map(all((plan) => [...plan.changed])),
    reactions: all((plan) => plan.reactions),
    statuses: all((plan) => plan.statuses),
    watermarks: all((plan) => plan.watermarks),
    applied: all((plan) => plan.applied),
    parked: all((plan) => plan.parked),
    abandoned: all((plan) => plan.abandoned),
    reach: all((plan) => plan.reach),
    roads: all((plan) => plan.roads),
    moved: all((plan) => plan.moved),
    tokens: all((plan) => plan.tokens),
    presses: all((plan) => plan.presses),
    same: all((plan) => plan.same),
    states: all((plan) => plan.states),
    avatars: all((plan) => plan.avatars),
    refused: all((plan) => plan.refused),
  }
}
