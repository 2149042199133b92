/** What a full run must reach, each number against what is wanted: a run that broke nothing because it did nothing proves nothing. */
import type { Done } from './killer.ts'

export interface Reached {
  readonly done: Done
  readonly acknowledged: number
  readonly minutes: number
}

interface Wanted {
  readonly words: string
  readonly least?: number
  readonly most?: number
  of(reached: Reached): number
}

export const faultsIn = (done: Done): number =>
  done.kill + done.pause + done.crash + done.wire + done.stop + done['slow disk']

export const WANTED_ACKNOWLEDGED = 200_000
export const MOST_MINUTES = 45

const WANTED: readonly Wanted[] = [
  { words: 'faults', least: 500, of: ({ done }) => faultsIn(done) },
  { words: 'SIGKILL', least: 400, of: ({ done }) => done.kill },
  { words: 'immediate stops of PostgreSQL', least: 60, of: ({ done }) => done.crash },
  { words: 'pauses beyond the lease', least: 40, of: ({ done }) => done.pause },
  { words: 'acknowledged messages', least: WANTED_ACKNOWLEDGED, of: ({ acknowledged }) => acknowledged },
  { words: 'minutes', most: MOST_MINUTES, of: ({ minutes }) => minutes },
]

/** @returns a line for each, and the words of those that were missed */
export function against(reached: Reached): { lines: string[]; missed: string[] } {
  const missed: string[] = []
  const lines = WANTED.map(({ words, least, most, of }) => {
    const is = of(reached)
    const isReached = is >= (least ?? -Infinity) && is <= (most ?? Infinity)
    const wish = least === undefined ? `≤ ${most}` : `≥ ${least}`
    if (!isReached) missed.push(`${words}: ${round(is)}, wanted ${wish}`)
    return `${isReached ? '✓' : '✗'} ${round(is).padStart(9)} ${words} (wanted ${wish})`
  })
  return { lines, missed }
}

const round = (number: number): string => String(Math.round(number * 10) / 10)
