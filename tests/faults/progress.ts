/** How far a run is, as its folder keeps it. A fault is done when it was undone again: one that was under way at a hard end is done again. */
import type { Done } from './killer.ts'

export interface Progress {
  /** The plan's index of the first fault that was never begun. */
  next: number
  /** The plan's indexes of those that were begun and not undone. */
  underWay: number[]
  done: Done
}

/** The plan's indexes of what is to be done, in their order. */
export const leftOf = ({ next, underWay }: Progress, faults: number): number[] => [
  ...underWay.toSorted((a, b) => a - b),
  ...Array.from({ length: faults - next }, (_, n) => next + n),
]

export function begun(progress: Progress, index: number): void {
  progress.next = Math.max(progress.next, index + 1)
  if (!progress.underWay.includes(index)) progress.underWay.push(index)
}

export function undone(progress: Progress, index: number): void {
  progress.underWay = progress.underWay.filter((each) => each !== index)
}

/** How many faults were done, or skipped in a clear word. */
export const countOf = ({ done }: Progress): number =>
  done.kill +
  done.pause +
  done.crash +
  done.wire +
  done.stop +
  done['slow disk'] +
  done['full disk'] +
  done['failing disk'] +
  done.skipped
