/** What the outcome of one attempt tells about its channel as a whole: its pace, its breaker, its state. */
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import type { SetState } from '#server/channels/state.ts'
import type { Log } from '#server/platform/log.ts'
import { timeIn } from '#server/platform/new-id.ts'
import type { Owned } from './owned.ts'
import type { Result } from './results.ts'
import type { WorkRow } from './sender.sql.ts'

/** Authentication refusals in a row before a channel is called signed out: one may be a hiccup. */
const REFUSALS_TO_SIGN_OUT = 2
/** A time nearer than this is over before somebody has read it. */
const WORTH_TELLING_MS = 10_000

export interface Learner {
  learn(owned: Owned, row: WorkRow, outcome: Result['outcome']): void
  /** The breaker is open; where that takes long, until when. */
  tellRetrying(owned: Owned, reason?: SendErrorCode): Promise<void>
}

/** @param now  the monotonic clock */
export function learner({ setState, log, now }: { setState: SetState; log: Log; now(): number }): Learner {
  function learn(owned: Owned, row: WorkRow, outcome: Result['outcome']): void {
    if (outcome.is === 'sent') {
      owned.pace.accepted()
      owned.breaker.succeeded()
      owned.refusals = 0
      return
    }
    if (outcome.is !== 'again') return
    const { code, details } = outcome
    switch (code) {
      case 'throttled': {
        const scope = details.scope === 'chat' ? 'chat' : 'channel'
        const until = owned.pace.throttled(
          row.lane,
          details.after === undefined ? null : details.after * 1000,
          scope,
          now(),
        )
        outcome.waitMs = until - now()
        return
      }
      case 'wire':
      case 'platform_down':
      case 'proxy_down':
        if (owned.breaker.failed(now())) owned.telling = tellRetrying(owned, code).catch(() => {})
        return
      case 'signed_out':
        owned.refusals++
        if (owned.refusals >= REFUSALS_TO_SIGN_OUT) void tell(owned, 'signed_out', code, details.words)
        else outcome.waitMs = 1_000
        return
      case 'banned':
      case 'limited':
      case 'api_changed':
        return void tell(owned, code, code, details.words)
      // The rest speaks of the message or its receiver, not of the channel.
      case 'unconfirmed':
      case 'blocked':
      case 'opted_out':
      case 'no_such_identity':
      case 'not_allowed_yet':
      case 'window_closed':
      case 'moved':
      case 'media_not_ready':
      case 'too_old':
      case 'gone':
      case 'expired':
      case 'cancelled':
      case 'channel_removed':
      case 'content_refused':
      case 'refused':
      case 'bug':
    }
  }

  async function tell(
    owned: Owned,
    state: 'signed_out' | 'banned' | 'limited' | 'api_changed',
    reason: string,
    words?: string,
  ): Promise<void> {
    await setState(owned.channel, { state, reason, data: words ? { words } : {} }).catch((error: unknown) =>
      log.warn({ error }, 'a channel’s state was not saved'),
    )
  }

  const tellRetrying = (owned: Owned, reason: SendErrorCode = 'wire') => {
    const inMs = owned.breaker.probeAt - now()
    const data = inMs < WORTH_TELLING_MS ? {} : { retryAt: timeIn(inMs).toISOString() }
    return setState(owned.channel, { state: 'retrying', reason, data })
  }

  return { learn, tellRetrying }
}
