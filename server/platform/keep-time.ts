/**
 * Keeps the program's clock on the database's, and notices when somebody's clock jumps. A jump is not believed: our time goes on as the
 * monotonic clock says, so that scheduled messages wait, until the database agrees with it again or Parley is started anew, which takes
 * the database's word. Chat goes on all the while. A machine that slept has not jumped: its uptime counted the sleep.
 */
import { readFile } from 'node:fs/promises'
import type { SystemClock } from './clock.ts'
import type { Log } from './log.ts'

/** Above this two clocks disagree; below it the network may be slow. */
export const CLOCKS_DIFFER_MS = 5_000
const EVERY_MS = 5_000

export interface TimeKeeper {
  /** By how much the database's clock has run away from ours; 0 while both agree. */
  differsByMs(): number
  close(): Promise<void>
}

export interface TimeKeeping {
  /** The database's clock. */
  now(): Promise<Date>
  readonly clock: SystemClock
  readonly log: Log
  readonly everyMs?: number
  /** Milliseconds since the machine started, its sleep included; null where nobody tells. */
  readonly uptimeMs?: () => Promise<number | null>
}

export function keepTime({ now, clock, log, everyMs = EVERY_MS, uptimeMs = linuxUptimeMs }: TimeKeeping): TimeKeeper {
  let differs = 0
  let asking = Promise.resolve()
  /** Uptime beyond the monotonic clock, when both clocks last agreed: what is more by now, the machine slept. */
  let asleepThen: number | null = null

  const asleepNow = async () => {
    const uptime = await uptimeMs()
    return uptime === null ? 0 : uptime - clock.monotonicMs()
  }

  async function look(): Promise<void> {
    const asked = clock.monotonicMs()
    const answer = await now()
    const wrongBy = clock.wrongBy(answer, asked)
    const asleep = await asleepNow()
    asleepThen ??= asleep
    if (Math.abs(wrongBy - (asleep - asleepThen)) <= CLOCKS_DIFFER_MS) {
      clock.correct(answer, asked)
      asleepThen = asleep
      if (differs !== 0) log.warn('the clock agrees again: scheduled messages go on')
      differs = 0
      return
    }
    if (differs === 0)
      log.error(
        { differsBySeconds: Math.round(wrongBy / 1000) },
        'a clock jumped: scheduled messages wait until it agrees again, or until Parley is restarted with the right time',
      )
    differs = wrongBy
  }

  const timer = setInterval(() => {
    asking = asking
      .then(look)
      // the database is away; the monotonic clock goes on
      .catch(() => {})
  }, everyMs)
  return {
    differsByMs: () => differs,
    close: async () => {
      clearInterval(timer)
      await asking
    },
  }
}

async function linuxUptimeMs(): Promise<number | null> {
  const text = await readFile('/proc/uptime', 'utf8').catch(() => null)
  return text === null ? null : Number.parseFloat(text) * 1000
}
