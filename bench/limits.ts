/**
 * What each figure must reach, what limits it now and what would raise it: the words of docs/benchmarks.md. Whoever moves a limit rewrites
 * its lines here. Whether a floor is held is reckoned from the run.
 */
import type { Row } from './support/rounds.ts'

export interface Bounds {
  readonly floor: Floor
  readonly goal: string
  readonly limits: string
  readonly raise: string
}

/** Medians of the last contestant, which is Parley. */
export interface Floor {
  /** Of the first contestant of the same round, called so. */
  readonly ratio: number
  readonly of: string
  readonly perSecond?: number
  readonly cpuMs?: number
}

/** One line for each bound of the floor: held or missed, and by what. */
export function verdictsOf({ ratio, of, perSecond, cpuMs }: Floor, rows: readonly Row[]): string[] {
  const ours = rows.at(-1)!
  const verdict = (isHeld: boolean, bound: string, found: string) =>
    `floor ${bound}: ${isHeld ? 'held' : '**missed**'} (${found})`
  const { median } = ours.ratio
  const lines = [verdict(median >= ratio, `≥ ${ratio} of ${of}`, median.toFixed(2))]
  if (perSecond !== undefined)
    lines.push(
      verdict(
        ours.perSecond.median >= perSecond,
        `≥ ${perSecond.toLocaleString('en')}/s`,
        Math.round(ours.perSecond.median).toLocaleString('en'),
      ),
    )
  if (cpuMs !== undefined)
    lines.push(verdict(ours.cpuUs.median <= cpuMs * 1000, `≤ ${cpuMs} CPU-ms`, (ours.cpuUs.median / 1000).toFixed(2)))
  return lines
}

export const BOUNDS = {
  ingest: {
    floor: { ratio: 0.25, of: 'bare Fastify', perSecond: 5_000 },
    goal: '≥ 0.5 of bare Fastify',
    limits:
      'CPU: of about 300 µs an event a sixth is the insert into three tables, a quarter what Node’s HTTP and the connector’s proof cost, the rest journal, seal, sockets and the worker, which reads a quarter of the time while a storm lasts. The generator’s own CPU comes off the same two cores.',
    raise:
      'an event in one table of the journal instead of two, a cheaper way of bytes into PostgreSQL than text arrays (COPY in binary), and HTTP parsing outside of Node.',
  },
  loop: {
    floor: { ratio: 0.35, of: 'grammY, which stores nothing', cpuMs: 0.35 },
    goal: '≥ 0.8 of grammY, ≤ 0.25 CPU-ms',
    limits:
      'about thirty row and index writes of PostgreSQL a loop (a conversation changes twice, with five indexes each time; a delivery once; the words of both messages are indexed), in some 35 statements a batch; with few users a batch is small and costs as many statements as a large one. The first round is slower than the rest: machine code is made in it.',
    raise:
      'the mark and the claim in one statement, results and feed in one statement, a conversation that changes once a loop, and its places in lists in a narrow table of their own.',
  },
  lanes: {
    floor: { ratio: 0.15, of: 'raw SKIP LOCKED without order' },
    goal: '≥ 0.3 of raw, and ≥ 1.0 of graphile-worker',
    limits:
      'six rows that change for a job (work claimed, marked and deleted; the delivery; the platform’s id with two indexes; the feed), where the raw table deletes one; and at most 128 requests in flight of one channel, which is the size of a batch here.',
    raise:
      'marking in the statement that claims (two of the six), and feed rows that tell of a batch instead of a message.',
  },
} as const satisfies Record<string, Bounds>
