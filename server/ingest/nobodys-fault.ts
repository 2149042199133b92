import { Overtaken } from '#server/conversations/load.ts'
import { isOutOfTurn, isUnavailable, wasCutWhileIdle } from '#server/platform/unavailable.ts'

/**
 * Whether no event of a batch is to blame that it failed: it is put back as it was. What was cut because we were idle in it, holding up the
 * event loop with a reading, would be cut again.
 */
export const isNobodysFault = (error: unknown): boolean =>
  (isUnavailable(error) && !wasCutWhileIdle(error)) || error instanceof Overtaken || isOutOfTurn(error)
