/** Time that passes only when everything of this moment is done: hours of waiting are a walk through a list. */
import type { Random } from '#tests/faults/random.ts'

export interface Clock {
  now(): number
  in(ms: number, what: () => void | Promise<void>): void
  /** Walks from happening to happening until it is over, or so late. */
  walk(isOver: () => boolean, latestMs: number): Promise<void>
}

interface Happening {
  at: number
  /** What happens at one moment happens in an order of chance. */
  order: number
  what: () => void | Promise<void>
}

export function fakeClock(random: Random): Clock {
  /** Latest first: the next one is popped. */
  const happenings: Happening[] = []
  let now = 0

  const isLater = (a: Happening, b: Happening) => a.at > b.at || (a.at === b.at && a.order > b.order)

  return {
    now: () => now,
    in: (ms, what) => {
      const added = { at: now + Math.max(0, ms), order: random.next(), what }
      let low = 0
      let high = happenings.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (isLater(happenings[middle]!, added)) low = middle + 1
        else high = middle
      }
      happenings.splice(low, 0, added)
    },
    walk: async (isOver, latestMs) => {
      while (!isOver()) {
        const next = happenings.pop()
        if (!next || next.at > latestMs) return
        now = next.at
        await next.what()
      }
    },
  }
}
