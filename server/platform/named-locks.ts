/**
 * Locks with names, over all processes. One connection holds those of this process: its life proves ours, and a crowd of holders needs
 * no crowd of connections. Where it breaks, a twin in another process may take what is held here; one in this process may not.
 */
import type { Database } from './database.ts'
import { keptSession } from './kept-session.ts'

export interface NamedLocks {
  /** @returns how it is let go; null: somebody holds it. Hold it as long as you like, but let it go. */
  take(name: string): Promise<(() => Promise<void>) | null>
  close(): Promise<void>
}

export function namedLocks(database: Database): NamedLocks {
  const held = new Set<string>()
  const session = keptSession(database, async (client) => client)

  /** @returns how it is unlocked, on the connection that took it; null: somebody holds it */
  async function lock(name: string): Promise<(() => Promise<void>) | null> {
    const client = await session.use()
    // A connection that has ended has let it go by itself.
    const unlock = async () => {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 1))', [name]).catch(() => {})
    }
    try {
      const { rows } = await client.query<{ free: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 1)) as free',
        [name],
      )
      return rows[0]!.free ? unlock : null
    } catch (error) {
      // Whoever waits no longer for the answer may have been given the lock all the same.
      void unlock()
      throw error
    }
  }

  return {
    take: async (name) => {
      if (held.has(name)) return null
      held.add(name)
      const unlock = await lock(name).catch((error: unknown) => {
        held.delete(name)
        throw error
      })
      if (!unlock) {
        held.delete(name)
        return null
      }
      return async () => {
        held.delete(name)
        await unlock()
      }
    },
    close: () => session.close(),
  }
}
