/** What a full run must reach, each number against what is wanted: a run that broke nothing because it did nothing proves nothing. */
import type { Done } from './killer.ts'

export interface Reached {
  readonly done: Done
  readonly acknowledged: number
  readonly minutes: number
  /** How often platforms had each status; 0 is no answer. */
  readonly answers: ReadonlyMap<number, number>
}

export interface Wanted {
  readonly words: string
  readonly least?: number
  readonly most?: number
  of(reached: Reached): number
}

export const WANTED_ACKNOWLEDGED = 200_000
export const MOST_MINUTES = 45

/** Of the full run. */
export const OF_FULL: readonly Wanted[] = [
  { words: 'faults', least: 500, of: ({ done }) => faultsIn(done) },
  { words: 'SIGKILL', least: 400, of: ({ done }) => done.kill },
  // By itself, at a passage that was named: of those that never come there the node is killed anyhow.
  { words: 'of them at a moment', least: 40, of: ({ done }) => done['at a moment'] },
  { words: 'immediate stops of PostgreSQL', least: 60, of: ({ done }) => done.crash },
  { words: 'pauses beyond the lease', least: 40, of: ({ done }) => done.pause },
  { words: 'acknowledged messages', least: WANTED_ACKNOWLEDGED, of: ({ acknowledged }) => acknowledged },
  { words: 'minutes', most: MOST_MINUTES, of: ({ minutes }) => minutes },
]

/** Of the run on a small disk, whose faults are skipped where a tool is absent; not all of them. */
export const OF_DISK: readonly Wanted[] = [
  {
    words: 'faults of the disk',
    least: 1,
    of: ({ done }) => done['slow disk'] + done['full disk'] + done['failing disk'],
  },
  { words: 'seconds until all was well again, at worst', most: 60, of: ({ done }) => done['ms until well'] / 1_000 },
  { words: 'answers to platforms but 200 and 503', most: 0, of: ({ answers }) => othersIn(answers) },
]

const faultsIn = ({ kill, pause, crash, wire, stop, 'slow disk': slow }: Done): number =>
  kill + pause + crash + wire + stop + slow

const othersIn = (answers: ReadonlyMap<number, number>): number =>
  [...answers].reduce((sum, [status, times]) => sum + ([0, 200, 503].includes(status) ? 0 : times), 0)

/** @returns a line for each, and the words of those that were missed */
export function against(wanted: readonly Wanted[], reached: Reached): { lines: string[]; missed: string[] } {
  const missed: string[] = []
  const lines = wanted.map(({ words, least, most, of }) => {
    const is = of(reached)
    const isReached = is >= (least ?? -Infinity) && is <= (most ?? Infinity)
    const wish = least === undefined ? `≤ ${most}` : `≥ ${least}`
    if (!isReached) missed.push(`${words}: ${round(is)}, wanted ${wish}`)
    return `${isReached ? '✓' : '✗'} ${round(is).padStart(9)} ${words} (wanted ${wish})`
  })
  return { lines, missed }
}

const round = (number: number): string => String(Math.round(number * 10) / 10)
