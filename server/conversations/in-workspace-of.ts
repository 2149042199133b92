import { feedTopic } from '#server/feed/feed.ts'
import type { Caller } from '#server/platform/calls.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'

/** What calls do in the caller's workspace: look, or change and tell. */
export function inWorkspaceOf({ database, hints }: { database: Database; hints: Hints }) {
  return {
    read: <T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> => database.inWorkspace(caller.workspace, work),
    /** What open windows ask all day: see `Database.look`. */
    look: <T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> => database.look(caller.workspace, work),
    /** One transaction; its readers are told after the commit. */
    async change<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
      const result = await database.inWorkspace(caller.workspace, work)
      hints.tell(feedTopic(caller.workspace))
      return result
    },
  }
}
