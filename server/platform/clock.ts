/**
 * Times are the database's, durations the monotonic clock's. Every machine asks the database what time it is and counts on from there
 * with its monotonic clock, so a jump of the machine's own wall clock moves nothing.
 */
export interface Clock {
  /** The database's time, as well as it is known here; the machine's own until it was first asked. */
  now(): Date
  /** Counts up, never jumps; only differences mean something. */
  monotonicMs(): number
}

export interface SystemClock extends Clock {
  /**
   * Tells what the database answered to `select clock_timestamp()`.
   * @param databaseNow its answer
   * @param askedMs `monotonicMs()` before the question; the answer is taken to be half-way old
   * @returns by how many milliseconds our time was wrong: more than 5,000 between two calls means that somebody's clock jumped,
   *          and scheduled sends pause
   */
  correct(databaseNow: Date, askedMs: number): number
  /** What `correct` would answer, without believing it. */
  wrongBy(databaseNow: Date, askedMs: number): number
}

export function systemClock(): SystemClock {
  const monotonicMs = () => performance.now()
  let zero = Date.now() - monotonicMs()
  const zeroBy = (databaseNow: Date, askedMs: number) => databaseNow.getTime() - (askedMs + monotonicMs()) / 2
  return {
    now: () => new Date(zero + monotonicMs()),
    monotonicMs,
    correct: (databaseNow, askedMs) => {
      const corrected = zeroBy(databaseNow, askedMs)
      const wrongBy = corrected - zero
      zero = corrected
      return wrongBy
    },
    wrongBy: (databaseNow, askedMs) => zeroBy(databaseNow, askedMs) - zero,
  }
}

export interface FakeClock extends Clock {
  /** Time passes: both clocks go on. */
  advance(ms: number): void
  /** Somebody moves the wall clock, forwards or (negative) backwards; the monotonic one does not notice. */
  jump(ms: number): void
}

/** For tests: stands still until it is told to go on. */
export function fakeClock(at: Date | string = '2030-01-01T00:00:00Z'): FakeClock {
  let wall = new Date(at).getTime()
  let monotonic = 0
  return {
    now: () => new Date(wall),
    monotonicMs: () => monotonic,
    advance: (ms) => {
      wall += ms
      monotonic += ms
    },
    jump: (ms) => {
      wall += ms
    },
  }
}
