import { feedTopic } from '#server/feed/feed.ts'
import type { Caller } from '#server/platform/calls.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Callers } from './callers.ts'

export interface ChangeDeps {
  database: Database
  hints: Hints
  callers: Callers
}

/** A change of who may do what: one transaction, then every process forgets what it knew of callers, and readers are told. */
export const changeOf =
  ({ database, hints, callers }: ChangeDeps) =>
  async <T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const result = await database.inWorkspace(caller.workspace, work)
    callers.forget()
    hints.tell('callers', caller.workspace)
    hints.tell(feedTopic(caller.workspace))
    return result
  }
