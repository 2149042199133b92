/** The channels of a desk as they are now: their settings, and whether one that was away is back. */
import type { WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import type { Database } from '#server/platform/database.ts'
import type { Log } from '#server/platform/log.ts'
import type { Learner } from './learner.ts'
import { countOpen, type Owned } from './owned.ts'
import { pacing } from './pacing.ts'
import { endWireWaits } from './sender.sql.ts'

export interface TendDeps {
  database: Database
  channels: LiveChannels
  /** Asks the platform whether it lives. @throws when it does not */
  probe(channel: LiveChannel, signal: AbortSignal): Promise<void>
  tellRetrying: Learner['tellRetrying']
  /** Something may go now. */
  round(): Promise<void>
  /** The monotonic clock. */
  now(): number
  log: Log
}

export function tendChannels(deps: TendDeps, workspace: WorkspaceId) {
  const { database, round, now, log } = deps

  async function refresh(all: Iterable<Owned>): Promise<void> {
    for (const owned of all) {
      const fresh = await deps.channels.get(owned.id)
      if (!fresh) continue
      if (fresh.abilities !== owned.channel.abilities && fresh.version !== owned.channel.version)
        owned.pace = pacing(fresh.abilities.pacing, now(), owned.pace)
      countOpen(owned, now())
      owned.channel = fresh
      // The late word of an owner that was frozen: who else would look whether it is back?
      if (fresh.state === 'retrying') owned.breaker.calledAway(now())
      if (owned.breaker.state === 'open' && !owned.probing && now() >= owned.breaker.probeAt) void probe(owned)
    }
  }

  async function probe(owned: Owned): Promise<void> {
    owned.probing = true
    try {
      await owned.telling
      await deps.probe(owned.channel, owned.lease.signal)
      await goOn(owned)
    } catch {
      owned.breaker.probed(false, now())
      await deps.tellRetrying(owned).catch(() => {})
    } finally {
      owned.probing = false
      void round()
    }
  }

  /** The platform is back: what waits for it goes, one at a time until one was taken. */
  async function goOn(owned: Owned): Promise<void> {
    owned.breaker.probed(true, now())
    await database
      .inWorkspace(workspace, (tx) => endWireWaits(tx, workspace, owned.id))
      .catch((error: unknown) => log.debug({ error }, 'what waits goes in its own time'))
    void round()
  }

  return { refresh, goOn }
}
