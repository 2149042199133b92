/** What time does to conversations and messages. People wait for it, so it waits for no housekeeping. */
import type { WorkspaceId } from '#contract/ids.ts'
import { wakeSnoozed } from '#server/conversations/change.ts'
import { failExpired, failRemoved } from '#server/delivery/fail-waiting.ts'
import { settleOwnerless } from '#server/delivery/orphans.ts'
import { feedTopic } from '#server/feed/feed.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'

/** @returns how many rows it was; a full portion means: more may be due */
type Due = (tx: Tx, workspace: WorkspaceId, most: number) => Promise<number>

const DUE: Readonly<Record<string, Due>> = {
  'wake snoozed conversations': wakeSnoozed,
  'settle what removed channels left': settleOwnerless,
  'fail what waits for removed channels': failRemoved,
  'fail what waited too long': failExpired,
}

/** Rows of one transaction: windows wait for the oldest that runs. */
const PORTION = 200
/** Of one workspace; the rest comes at the next look, so that the others' turn does too. */
const MOST_PORTIONS = 20

export interface DueDeps {
  readonly database: Database
  readonly hints: Hints
  readonly log: Log
  workspaces(): Promise<WorkspaceId[]>
}

/**
 * Until the signal: whoever lost the lease or stops ends with the portion that runs.
 * @param due  by name; one that fails keeps neither the others nor other workspaces from theirs
 */
export async function tendDue(
  { database, hints, log, workspaces }: DueDeps,
  signal: AbortSignal,
  due = DUE,
): Promise<void> {
  for (const workspace of await workspaces())
    for (const [task, act] of Object.entries(due))
      try {
        for (let portion = 0; portion < MOST_PORTIONS; portion++) {
          if (signal.aborted) return
          const done = await database.inWorkspace(workspace, (tx) => act(tx, workspace, PORTION))
          if (done > 0) hints.tell(feedTopic(workspace))
          if (done < PORTION) break
        }
      } catch (error) {
        log.warn({ workspace, task, error }, 'what was due failed and comes again')
      }
}
