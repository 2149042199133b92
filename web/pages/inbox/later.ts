/** Times that people mean, for snoozing and for sending later. In the member's own zone. */

export const LATER = ['inHour', 'inThreeHours', 'thisEvening', 'tomorrow', 'monday'] as const
export type LaterName = (typeof LATER)[number]

const MORNING = 10
const EVENING = 18
/** This evening is offered until it is near. */
const LAST_OFFER = 17

export function laterTimes(now: Date): { name: LaterName; time: Date }[] {
  const at = (days: number, hours: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hours, 0, 0, 0)
  const inHours = (hours: number) => new Date(now.getTime() + hours * 3_600_000)
  // On a Monday the next one is meant.
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { name: 'inHour', time: inHours(1) },
    { name: 'inThreeHours', time: inHours(3) },
    ...(now.getHours() < LAST_OFFER ? [{ name: 'thisEvening' as const, time: at(0, EVENING) }] : []),
    { name: 'tomorrow', time: at(1, MORNING) },
    // Tomorrow is Monday already.
    ...(toMonday === 1 ? [] : [{ name: 'monday' as const, time: at(toMonday, MORNING) }]),
  ]
}
