/** After a restore nothing leaves until a member has decided; `frame/hold-line.tsx` asks, and keeps the answer fresh. */
import { useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { getHold, type DeliveryView, type HoldView } from '#contract/calls/conversations.ts'
import { keyOf, read } from './acts.ts'
import { client } from './client.ts'

export type Hold = z.infer<typeof HoldView>

/** A colleague may decide in his window. */
const LOOK_AGAIN_MS = 5_000

/** Something waits for a decision, or would if it were written now. */
export const asksForDecision = (hold: Hold | undefined): hold is Hold =>
  hold !== undefined && (hold.hold || hold.queued > 0)

export const useHold = (): Hold | undefined =>
  useQuery({ ...read(getHold), refetchInterval: ({ state }) => asksForDecision(state.data) && LOOK_AGAIN_MS }).data

export const keepHold = (hold: Hold): void => void client.setQueryData(keyOf(getHold), hold)

/** It does not leave by itself: all is held, or what was queued then waits, each for its own word. */
export function isHeld({ state, queuedAt }: Pick<DeliveryView, 'state' | 'queuedAt'>, hold: Hold | undefined): boolean {
  if (state !== 'queued' || !asksForDecision(hold)) return false
  return (
    hold.hold || (hold.oldest !== null && hold.newest !== null && queuedAt >= hold.oldest && queuedAt <= hold.newest)
  )
}
