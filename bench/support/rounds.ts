/** Interleaved rounds and what is said of them: ratios of one round, for the machine changes from minute to minute. */
export interface Taken {
  /** Operations that were counted, exactly. */
  readonly ops: number
  readonly seconds: number
  readonly cpuMs: number
  /** Milliseconds of each, where they were timed. */
  readonly latencies?: readonly number[]
}

export interface Contestant {
  readonly name: string
  /** One measurement. Throws when an operation was lost or doubled: the run is void. */
  measure(): Promise<Taken>
}

export interface Row {
  readonly name: string
  readonly perSecond: Spread
  readonly cpuUs: Spread
  readonly p99Ms: number | null
  /** To the first contestant of the same round: of what is done in a second, or of the CPU that one costs where the rate is given. */
  readonly ratio: Spread
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** limit, peer, ours, limit, peer, ours … */
export async function inRounds(
  rounds: number,
  contestants: readonly Contestant[],
  say: (words: string) => void,
  ratioOf: 'rate' | 'cpu' = 'rate',
): Promise<Row[]> {
  const measureOf = ({ ops, seconds, cpuMs }: Taken) => (ratioOf === 'rate' ? ops / seconds : cpuMs / ops)
  const taken: Taken[][] = []
  for (let round = 0; round < rounds; round++) {
    const now: Taken[] = []
    for (const { name, measure } of contestants) {
      const one = await measure()
      say(
        `  round ${round + 1}  ${name.padEnd(28)} ${Math.round(one.ops / one.seconds)}/s  ${figure((one.cpuMs * 1000) / one.ops)} CPU-µs${one.latencies ? `  p99 ${quantile(one.latencies, 0.99).toFixed(1)} ms` : ''}`,
      )
      now.push(one)
    }
    taken.push(now)
  }
  return contestants.map(({ name }, index) => {
    const mine = taken.map((round) => round[index]!)
    const latencies = mine.flatMap(({ latencies: some = [] }) => some).toSorted((a, b) => a - b)
    return {
      name,
      perSecond: spread(mine.map(({ ops, seconds }) => ops / seconds)),
      cpuUs: spread(mine.map(({ ops, cpuMs }) => (cpuMs * 1000) / ops)),
      p99Ms: latencies.length > 0 ? latencies[Math.floor(latencies.length * 0.99)]! : null,
      ratio: spread(taken.map((round) => measureOf(round[index]!) / measureOf(round[0]!))),
    }
  })
}

/** Three digits that say something. */
export const figure = (value: number): string =>
  value < 100 ? value.toPrecision(2) : Math.round(value).toLocaleString('en')

export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))]!
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]!, max: sorted.at(-1)! }
}
