const FIRST_MS = 1_000
const SOON_MS = 5_000
const LONGEST_MS = 60_000
/** Of its absence: whoever was away an hour is looked after once a minute. */
const SHARE = 60

/**
 * How long to wait between two looks at a platform that is away: what waits for it shall leave soon after it is back, and a long outage
 * is no reason to knock all day. A second at first, then 5 s, after five minutes a sixtieth of its absence, at most a minute.
 */
export const lookAgainMs = (awayMs: number): number =>
  Math.round(Math.max(FIRST_MS, Math.min(awayMs, Math.max(SOON_MS, Math.min(LONGEST_MS, awayMs / SHARE)))))
