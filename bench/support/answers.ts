/** Questions that are answered by raw SQL and over HTTP, one at a time, in interleaved rounds. */
import { cpuMsOf } from './cpu.ts'
import { quantile, spread, type Spread } from './rounds.ts'

export interface Question {
  readonly name: string
  /** What would be written by hand, as the owner. */
  raw(): Promise<unknown>
  /** Throws when the answer is not what is known to be there. */
  ours(turn: number): Promise<unknown>
}

export interface Answer {
  readonly name: string
  /** Medians of a round, in milliseconds. */
  readonly rawMs: Spread
  readonly oursMs: Spread
  /** Ours to raw. */
  readonly ratio: Spread
  readonly cpuUs: Spread
  /** Over all rounds. */
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Of one question in one round: as many as fit, so that a slow one does not take the whole time. */
const MOST_MS = 1_500
const MOST = 150
/** Once: plans and machine code are made in them. */
const WARM_UP = 25

export async function answersInRounds(
  rounds: number,
  questions: readonly Question[],
  pids: readonly number[],
  say: (words: string) => void,
): Promise<Answer[]> {
  const taken = questions.map(() => ({
    raw: [] as number[],
    ours: [] as number[],
    cpu: [] as number[],
    all: [] as number[],
  }))
  for (const { ours } of questions) for (let turn = 0; turn < WARM_UP; turn++) await ours(turn)
  for (let round = 0; round < rounds; round++)
    for (const [index, { name, raw, ours }] of questions.entries()) {
      const found = taken[index]!
      found.raw.push(quantile(await timesOf(raw), 0.5))
      const before = cpuMsOf(pids)
      const times = await timesOf(ours)
      found.cpu.push(((cpuMsOf(pids) - before) * 1000) / times.length)
      found.ours.push(quantile(times, 0.5))
      found.all.push(...times)
      say(
        `  round ${round + 1}  ${name.padEnd(32)} raw ${found.raw.at(-1)!.toFixed(2)} ms  Parley ${found.ours.at(-1)!.toFixed(2)} ms`,
      )
    }
  return questions.map(({ name }, index) => {
    const { raw, ours, cpu, all } = taken[index]!
    return {
      name,
      rawMs: spread(raw),
      oursMs: spread(ours),
      ratio: spread(ours.map((ms, round) => ms / raw[round]!)),
      cpuUs: spread(cpu),
      p95Ms: quantile(all, 0.95),
      p99Ms: quantile(all, 0.99),
    }
  })
}

async function timesOf(work: (turn: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + MOST_MS
  while (times.length < MOST && (performance.now() < end || times.length < 3)) {
    const began = performance.now()
    await work(times.length)
    times.push(performance.now() - began)
  }
  return times
}
