/** Asks each owned channel now and then whether its platform still knows us, and puts its webhook right. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ChannelId } from '#contract/ids.ts'
import { CONDUCT } from '#contract/message/channel-state.ts'
import type { Log } from '#server/platform/log.ts'
import type { LiveChannels } from './live.ts'
import type { Manager } from './manage.ts'

const EVERY_MS = 15 * 60_000

export interface ChecksDeps {
  channels: LiveChannels
  manager: Pick<Manager, 'check'>
  log: Log
  everyMs?: number | undefined
}

/** @returns what the owner of a channel runs beside its line and its sender, until the signal */
export const channelChecks =
  ({ channels, manager, log, everyMs = EVERY_MS }: ChecksDeps) =>
  async (id: ChannelId, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => {})
      const channel = signal.aborted ? null : await channels.get(id).catch(() => null)
      if (channel && CONDUCT[channel.state].checks)
        await manager.check(channel).catch((error: unknown) => log.info({ channel: id, error }, 'a check failed'))
    }
  }
