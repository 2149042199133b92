/**
 * Moments at which a crash or a delay would matter most. Nothing happens there, unless the fault harness listens: it ends the process or
 * lets it wait, so that windows of microseconds are met in every run (`tests/faults/`).
 */
export type Moment = (typeof MOMENTS)[number]

export const MOMENTS = [
  'journaled, not answered',
  'read, not committed',
  'read, not told',
  'answered, not committed',
  'recorded, not committed',
  'marked, not sent',
  'accepted, not recorded',
  'lease taken, not owned',
] as const

type Listener = (moment: Moment) => Promise<void> | undefined

let listener: Listener | undefined

/** Called where the moment is. */
export const buggify = (moment: Moment): Promise<void> | undefined => listener?.(moment)

export function onMoment(listens: Listener): void {
  listener = listens
}
