import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'

/** What the platform, or the wire, said of a failure in its own words: they may be none, and are never a code or a mistake of ours. */
export function saidOf(error: unknown): string {
  if (error instanceof SendError) return error.details.words ?? ''
  return error instanceof WireBroken ? error.message : ''
}
