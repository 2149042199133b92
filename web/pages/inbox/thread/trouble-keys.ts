/** 1, 2, 3 on a failed message take the ways out in the order in which they are offered (`delivery-trouble.tsx`). */
import type { MessageView, RoadOption } from '#contract/calls/conversations.ts'
import { MOST_WAYS, type TroubleActs } from './delivery-trouble.tsx'

export function troubleKeys(
  message: MessageView | undefined,
  roads: readonly RoadOption[],
  acts: TroubleActs,
): { keys: string; run: () => void }[] {
  const delivery = message?.deliveries.find(
    (each) => (each.state === 'failed' || each.state === 'unconfirmed') && !each.settled,
  )
  if (!delivery) return []
  const again = () => acts.resend(delivery.id)
  const ways =
    delivery.state === 'unconfirmed'
      ? [again, () => acts.settle(delivery.id, true), () => acts.settle(delivery.id, false)]
      : [
          again,
          ...roads
            .filter((road) => road.cannot === null && road.identity !== delivery.identity)
            .map((road) => () => acts.resend(delivery.id, road.identity)),
        ]
  return ways.slice(0, MOST_WAYS).map((run, index) => ({ keys: String(index + 1), run }))
}
