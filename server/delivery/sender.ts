/**
 * Sends what waits, for the channels this process owns.
 *
 * every few ms, for each workspace, in one transaction (desk.ts):
 *   record all results so far → leases still ours? → claim and mark heads of lanes, as many as tokens allow
 *   (claim.ts) → make their ops → unmark what leaves nothing that a repeat would double
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
  /** Only itself: a turn that ends late would close the desk that came after. */
  function close(workspace: WorkspaceId, desk: Desk): void {
    desk.close()
    if (desks.get(workspace) === desk) desks.delete(workspace)
  }
  function open(workspace: WorkspaceId): Desk {
    const desk: Desk = openDesk(deps, workspace, () => close(workspace, desk))
    desks.set(workspace, desk)
    return desk
  }
  return {
    own: async (lease, id) => {
      const channel = await deps.channels.get(id)
      if (!channel) return
      const { workspace } = channel
      const desk = desks.get(workspace) ?? open(workspace)
      await desk.own(lease, channel)
      // Otherwise after the turn that writes down what is left.
      if (desk.isIdle()) close(workspace, desk)
    },
  }
}
