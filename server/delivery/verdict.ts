/** What becomes of a delivery after one attempt, as a pure function. */
import { Unknown, WireBroken } from '#connector-kit/perform.ts'
import type { Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import {
  verdictOf,
  type SendErrorCode,
  type SendErrorDetails,
  type SendVerdict,
} from '#contract/message/send-errors.ts'

export type Verdict =
  | { is: 'sent'; sent: Sent }
  /** Back to its place in the lane. `counts`: it used up a try. `doubtful`: it may have arrived, and only a repeat that is folded may follow. */
  | {
      is: 'again'
      code: SendErrorCode
      waitMs: number
      counts: boolean
      details: SendErrorDetails
      doubtful?: true
    }
  | { is: 'failed'; code: SendErrorCode; details: SendErrorDetails }
  | { is: 'unconfirmed'; details: SendErrorDetails }

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15 * 60_000

export interface Attempt {
  /** Attempts that counted so far. */
  tries: number
  /** Waits in a row so far, whatever for: the longer, the longer the next. */
  waits: number
  /** Its final request may have begun to leave. */
  marked: boolean
  /** The platform folds a repeat with the same key, and still within its time: what may have arrived is simply asked again. */
  folds: boolean
  /** In [0, 1): full jitter. */
  random: number
  /** Strikes our secrets out of the platform's words, which may repeat what it was sent. */
  scrub(words: string): string
}

export function verdictAfter(error: unknown, attempt: Attempt): Verdict {
  const { tries, waits, marked, random } = attempt
  const told = toldBy(error)
  if (told.details.words) told.details.words = attempt.scrub(told.details.words).slice(0, 500)
  const verdict: SendVerdict = verdictOf(told.code)
  // Our own mistake after the mark may have happened after the platform had accepted.
  const nobodyKnows = error instanceof Unknown || (told.code === 'bug' && marked) || verdict.delivered === 'unknown'
  if (nobodyKnows && attempt.folds && told.code !== 'bug')
    return {
      is: 'again',
      code: 'wire',
      details: told.details,
      waitMs: backOff(waits, random),
      counts: false,
      doubtful: true,
    }
  if (nobodyKnows) return { is: 'unconfirmed', details: told.details }
  const spent = verdict.counts !== undefined && tries + 1 >= verdict.counts
  if (verdict.retry === 'no' || spent) return { is: 'failed', ...told }
  return {
    is: 'again',
    ...told,
    waitMs: waitFor(verdict, told.details, waits, random),
    counts: verdict.counts !== undefined,
  }
}

function toldBy(error: unknown): { code: SendErrorCode; details: SendErrorDetails } {
  if (error instanceof SendError) return { code: error.code, details: { ...error.details } }
  if (error instanceof WireBroken) return { code: error.code, details: { words: error.message } }
  return { code: 'bug', details: { words: error instanceof Error ? error.message : 'an error that is none' } }
}

function waitFor(verdict: SendVerdict, details: SendErrorDetails, waits: number, random: number): number {
  switch (verdict.retry) {
    case 'after':
      return (details.after ?? 1) * 1000
    case 'backoff':
      return backOff(waits, random)
    case 'ready':
    case 'once':
    case 'no':
      return 0
  }
}

const backOff = (waits: number, random: number): number =>
  Math.ceil(random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(waits, 20)))
