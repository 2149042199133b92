/**
 * Readings of events, as far as a batch can wait for them: it holds locks, and every window waits for its end. What takes longer goes on
 * beside it, and a later batch finds what came of it. Of one source only a few go on so: each holds its event, and they wait for each other.
 *
 * if (readings.isCrowded(row.inbound, row.channel)) …   // not begun: it is left for a later batch
 * const incoming = await readings.within(1_000, row.inbound, () => incomingOf(channel, event), row.channel)
 * if (incoming === LATE) …                              // its lane waits; the others go on
 */
export const LATE = Symbol('late')

export interface Readings<T> {
  /**
   * Begins the reading, or takes up the one that was late. One that is still late is not waited for again.
   * @param source  whose few places it takes
   * @returns what came of it @throws what it threw
   */
  within(ms: number, key: string, begin: () => Promise<T>, source?: string): Promise<T | typeof LATE>
  /** Whether it was late and still is: it would not be waited for. */
  isLate(key: string): boolean
  /** Whether it would have to be begun, and as many of its source as may be are being read. */
  isCrowded(key: string, source: string): boolean
}

/** One is read, and the next one is there when that ends. */
const MOST_OF_A_SOURCE = 2

/** Another process may have brought in what was read here: what nobody asks for is forgotten. */
const KEPT_MS = 60_000

interface Late<T> {
  readonly reading: Promise<T>
  ended: boolean
}

export function openReadings<T>(keptMs = KEPT_MS): Readings<T> {
  const late = new Map<string, Late<T>>()
  /** How many are being read, by source. */
  const running = new Map<string, number>()

  function begun(begin: () => Promise<T>, source: string): Promise<T> {
    const count = (more: 1 | -1) => {
      const many = (running.get(source) ?? 0) + more
      if (many > 0) running.set(source, many)
      else running.delete(source)
    }
    const end = () => count(-1)
    count(1)
    const reading = begin()
    reading.then(end, end)
    return reading
  }

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
    isLate: (key) => late.get(key)?.ended === false,
    isCrowded: (key, source) => !late.has(key) && (running.get(source) ?? 0) >= MOST_OF_A_SOURCE,
    within: async (ms, key, begin, source = '') => {
      const known = late.get(key)
      if (known && !known.ended) return LATE
      late.delete(key)
      const reading = known?.reading ?? begun(begin, source)
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
