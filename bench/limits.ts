/**
 * What each figure must reach, what limits it now and what would raise it: the words of docs/benchmarks.md. Whoever moves a limit rewrites
 * its lines here. Whether a floor is held and a goal reached is reckoned from the run.
 */
import type { Row } from './support/rounds.ts'

export interface Bounds {
  readonly limits: string
  readonly raise: string
}

/** Medians of the last contestant, which is Parley. */
export interface Bound {
  /** Of the first contestant of the same round, called so. */
  readonly ratio?: number
  readonly of?: string
  readonly perSecond?: number
  readonly cpuMs?: number
  readonly p99Ms?: number
  /** Times of what others of the same run do in a second, by the beginning of their names. */
  readonly rateOf?: Readonly<Record<string, number>>
  /** Times of the CPU that one costs them, at most. */
  readonly cpuOf?: Readonly<Record<string, number>>
}

type Verdict = (isSo: boolean, bound: string, found: string) => string

const MISSED = '**missed**'
export const verdict: Verdict = (isHeld, bound, found) => `floor ${bound}: ${isHeld ? 'held' : MISSED} (${found})`
export const aim: Verdict = (isReached, bound, found) =>
  `goal ${bound}: ${isReached ? 'reached' : 'not reached'} (${found})`
export const isMissed = (line: string): boolean => line.includes(MISSED)

/** One line for each bound: held or missed, reached or not, and by what. */
export function verdictsOf(
  say: Verdict,
  { ratio, of, perSecond, cpuMs, p99Ms, rateOf = {}, cpuOf = {} }: Bound,
  rows: readonly Row[],
): string[] {
  const ours = rows.at(-1)!
  const { median } = ours.ratio
  const lines: string[] = []
  if (ratio !== undefined) lines.push(say(median >= ratio, `≥ ${ratio} of ${of}`, median.toFixed(2)))
  if (perSecond !== undefined)
    lines.push(
      say(
        ours.perSecond.median >= perSecond,
        `≥ ${perSecond.toLocaleString('en')}/s`,
        Math.round(ours.perSecond.median).toLocaleString('en'),
      ),
    )
  if (cpuMs !== undefined)
    lines.push(say(ours.cpuUs.median <= cpuMs * 1000, `≤ ${cpuMs} CPU-ms`, (ours.cpuUs.median / 1000).toFixed(2)))
  if (p99Ms !== undefined) lines.push(say(ours.p99Ms! <= p99Ms, `p99 ≤ ${p99Ms} ms`, `${ours.p99Ms!.toFixed(1)} ms`))
  const timesOf = (name: string, what: 'perSecond' | 'cpuUs') =>
    ours[what].median / rows.find((row) => row.name.startsWith(name))![what].median
  for (const [name, least] of Object.entries(rateOf)) {
    const times = timesOf(name, 'perSecond')
    lines.push(say(times >= least, `≥ ${least} of ${name}`, times.toFixed(2)))
  }
  for (const [name, most] of Object.entries(cpuOf)) {
    const times = timesOf(name, 'cpuUs')
    lines.push(say(times <= most, `CPU ≤ ${most} of ${name}, which stores nothing`, times.toFixed(2)))
  }
  return lines
}

/** Times of raw SQL's median, and milliseconds. */
export const INBOX = { times: 6, p95Ms: 30, aim: { times: 3, deepPage: 1.2, countersMs: 1 } }
/** Of the allowed rate. */
export const PACING = {
  share: 0.95,
  aim: { share: 0.98, ownUs: 10, /** Of their delay while nobody is refused: no more than chance. */ moved: 1.1 },
}
export const SEARCH = { times: 4, ms: 100, aim: { times: 2, commonP99Ms: 50 } }
export const KILL = { aim: { faults: 500 } }

export const BOUNDS = {
  kill: {
    limits:
      'nothing is lost by design; a send that was cut in its middle cannot be known to have arrived, and says so (`unconfirmed`).',
    raise: 'more faults in one run (`--faults`), and a disk that lies about fsync.',
  },
  ingest: {
    floor: { ratio: 0.25, of: 'bare Fastify', perSecond: 5_000 },
    aim: { ratio: 0.5, of: 'bare Fastify' },
    limits:
      'CPU: of what an event costs a sixth is the insert into three tables, a quarter what Node’s HTTP and the connector’s proof cost, the rest journal, seal, sockets and the worker, which reads a quarter of the time while a storm lasts. The generator’s own CPU comes off the same two cores.',
    raise:
      'an event in one table of the journal instead of two, a cheaper way of bytes into PostgreSQL than text arrays (COPY in binary), and HTTP parsing outside of Node.',
  },
  loop: {
    floor: { ratio: 0.35, of: 'grammY, which stores nothing', cpuMs: 0.35 },
    aim: { ratio: 0.8, of: 'grammY', cpuMs: 0.25 },
    limits:
      'about thirty row and index writes of PostgreSQL a loop (a conversation changes twice, with five indexes each time; a delivery once; the words of both messages are indexed), in some 35 statements a batch; with few users a batch is small and costs as many statements as a large one. The first round is slower than the rest: machine code is made in it.',
    raise:
      'results and feed in one statement, a conversation that changes once a loop, and its places in lists in a narrow table of their own.',
  },
  pacing: {
    limits:
      'a new owner of a channel begins with half of what may be saved up, which is not measured here; then the desk’s rounds: a token that falls due waits for the next.',
    raise: 'rounds that begin when the next token falls due.',
  },
  push: {
    floor: { p99Ms: 50 },
    aim: { p99Ms: 10, cpuOf: { 'raw ws': 1.5, 'Socket.IO': 0.83 } },
    limits:
      'the way before the socket. Half of what a message waits is company: flights of the journal keep 4 ms, batches of the worker 15, readings of the feed 12, since a batch takes thirty statements whether it reads one message or ten. To a thousand sockets one frame is written in 7 to 10 ms, in which nothing else is done. The slowest hundredth waits behind a collection of garbage or a table that PostgreSQL has just learnt anew.',
    raise:
      'views handed on by the batch that wrote them, sockets in a process of their own where there are more cores, and a batch of fewer statements: then it need not wait for company.',
  },
  inbox: {
    limits:
      'what is the same for each call: HTTP, who calls (one look, kept for 0.4 s), and two journeys to PostgreSQL; then fifty rows of eighteen columns, read, checked and written as JSON. Of PostgreSQL’s part of a page a third is the last messages, one look-up each. What one agent has open lies scattered over years: its pages come from the system’s memory, not from PostgreSQL’s own. Counters look at up to 1,000 entries of an index a view.',
    raise:
      'who calls and what is asked in one journey, more memory for PostgreSQL, and first words in the conversation’s own row (refused in decision 9: each edit and tick would lock it). A socket of the file system instead of TCP was tried: a twelfth.',
  },
  search: {
    limits:
      'for rare and for common words the fixed price of a call: sign-in, three statements, names of who wrote and where, contacts of that name. Words in between are walked to, up to 30,000 messages.',
    raise: 'names read with the hits in one statement, and an index of words that knows the order in time.',
  },
  lanes: {
    floor: { ratio: 0.15, of: 'raw SKIP LOCKED without order' },
    aim: { ratio: 0.3, of: 'raw SKIP LOCKED without order', rateOf: { 'graphile-worker': 1 } },
    limits:
      'five rows that change for a job (work claimed and deleted; the delivery with three indexes; the platform’s id with two; the feed), about six entries of the log each way where the raw table deletes one row; and one transaction of a workspace at a time, so that one of two cores is busy (batches of 512 instead of 128 were tried: no faster). The raw table does the more the better the machine is.',
    raise: 'recording and claiming on two connections, and feed rows that tell of a batch instead of a message.',
  },
} as const satisfies Record<string, Bounds & { floor?: Bound; aim?: Bound }>
