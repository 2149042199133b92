/**
 * Sends what waits, for the channels this process owns.
 *
 * every few ms, for each workspace, in one transaction (desk.ts):
 *   record all results so far → leases still ours? → claim heads of lanes, as many as tokens allow (claim.ts)
 *   → make their ops → mark those whose next request a repeat would double
 * after the commit: perform the requests (flights.ts); each ends as a result for the next transaction
 *
 * A crash anywhere leaves rows: claimed but not marked → sent again by the next owner; marked → it may have arrived (`settleOrphans`).
 */
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Lease } from '#server/platform/leases.ts'
import { openDesk, type Desk, type SenderDeps } from './desk.ts'

export interface Sender {
  /** Sends for this channel until the lease ends. */
  own(lease: Lease, id: ChannelId): Promise<void>
}

export function startSender(deps: SenderDeps): Sender {
  const desks = new Map<WorkspaceId, Desk>()
  return {
    own: async (lease, id) => {
      const channel = await deps.channels.get(id)
      if (!channel) return
      let desk = desks.get(channel.workspace)
      if (!desk) desks.set(channel.workspace, (desk = openDesk(deps, channel.workspace)))
      await desk.own(lease, channel)
      if (desk.isIdle()) {
        desk.close()
        desks.delete(channel.workspace)
      }
    },
  }
}
