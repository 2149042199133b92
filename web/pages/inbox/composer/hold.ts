/** Seconds in which a send can be taken back: a real hold in the queue, so that closing the tab does not cancel it. */
export const HOLDS = [0, 7, 15, 30] as const
const DEFAULT_HOLD = 7

/** The member's own choice, else the default. */
export const holdOf = (preferences: Record<string, unknown>): number =>
  typeof preferences.undoSeconds === 'number' ? preferences.undoSeconds : DEFAULT_HOLD
