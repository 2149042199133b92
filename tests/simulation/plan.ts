/** The connector of the modelled platforms: an upload where there is one, then the request that counts. */
import type { Plan, Reply, Request, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'

const REFUSALS: Record<number, SendErrorCode> = { 403: 'refused', 429: 'throttled', 503: 'platform_down' }

/** @param isFinal  a repeat would double it; edits may be repeated */
export function* planOf(uploads: boolean, isFinal: boolean): Plan<Sent> {
  if (uploads) readAnswer(yield request('upload', false))
  readAnswer(yield request('send', isFinal))
  return { ids: [] }
}

const request = (what: 'upload' | 'send', final: boolean): Request => ({
  via: 'http',
  method: 'POST',
  url: `https://pigeon.example/${what}`,
  ...(final ? { final: true } : {}),
})

function readAnswer({ status, body }: Reply): void {
  if (status === 200) return
  const { after } = body as { after?: number }
  throw new SendError(REFUSALS[status] ?? 'platform_down', after === undefined ? {} : { after })
}
