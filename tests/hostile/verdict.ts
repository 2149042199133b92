/** What a run found: each broken promise with the number of its input, and how often each outcome was met. */
export interface Findings {
  /** Newest last; the first thousand. */
  readonly broken: { number: number; what: string }[]
  readonly outcomes: Record<string, number>
  brokenCount: number
  count(outcome: string): void
  blame(number: number, what: string): void
}

const MOST_KEPT = 1_000

export function findings(): Findings {
  const found: Findings = {
    broken: [],
    outcomes: {},
    brokenCount: 0,
    count: (outcome) => {
      found.outcomes[outcome] = (found.outcomes[outcome] ?? 0) + 1
    },
    blame: (number, what) => {
      found.brokenCount++
      if (found.broken.length < MOST_KEPT) found.broken.push({ number, what })
    },
  }
  return found
}

/** Runs inputs `from`, `from + 1` …, so many at once. */
export async function eachInput(
  range: { from: number; to: number; atOnce: number; until?: number },
  fire: (number: number) => Promise<void>,
  progress: (done: number) => void = () => {},
): Promise<void> {
  let next = range.from
  let done = 0
  await Promise.all(
    Array.from({ length: range.atOnce }, async () => {
      while (next < range.to) {
        if (range.until !== undefined && performance.now() > range.until)
          throw new Error(`the time is over after ${done} of ${range.to - range.from} inputs`)
        await fire(next++)
        if (++done % 1_000 === 0) progress(done)
      }
    }),
  )
}
