/**
 * Readings of events, as far as a batch can wait for them: it holds locks, and every window waits for its end. What takes longer goes on
 * beside it, and a later batch finds what came of it.
 *
 * const incoming = await readings.within(1_000, row.inbound, () => incomingOf(channel, event))
 * if (incoming === LATE) …                              // its lane waits; the others go on
 */
export const LATE = Symbol('late')

export interface Readings<T> {
  /**
   * Begins the reading, or takes up the one that was late. One that is still late is not waited for again.
   * @returns what came of it @throws what it threw
   */
  within(ms: number, key: string, begin: () => Promise<T>): Promise<T | typeof LATE>
}

/** Another process may have brought in what was read here: what nobody asks for is forgotten. */
const KEPT_MS = 60_000

interface Late<T> {
  readonly reading: Promise<T>
  ended: boolean
}

export function openReadings<T>(keptMs = KEPT_MS): Readings<T> {
  const late = new Map<string, Late<T>>()

  function keep(key: string, reading: Promise<T>): void {
    const kept: Late<T> = { reading, ended: false }
    late.set(key, kept)
    const end = () => {
      kept.ended = true
      setTimeout(() => late.get(key) === kept && late.delete(key), keptMs).unref()
    }
    reading.then(end, end)
  }

  return {
    within: async (ms, key, begin) => {
      const known = late.get(key)
      if (known && !known.ended) return LATE
      late.delete(key)
      const reading = known?.reading ?? begin()
      let timer: NodeJS.Timeout | undefined
      const tooLate = new Promise<typeof LATE>((resolve) => (timer = setTimeout(() => resolve(LATE), ms)))
      try {
        const came = await Promise.race([reading, tooLate])
        if (came === LATE) keep(key, reading)
        return came
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
