/**
 * Locks with names, over all processes. One connection holds those of this process: its life proves ours, and a crowd of holders needs
 * no crowd of connections. Where it breaks, a twin in another process may take what is held here; one in this process may not.
 */
import type pg from 'pg'
import type { Database } from './database.ts'

export interface NamedLocks {
  /** @returns how it is let go; null: somebody holds it. Hold it as long as you like, but let it go. */
  take(name: string): Promise<(() => Promise<void>) | null>
  close(): Promise<void>
}

export function namedLocks(database: Database): NamedLocks {
  const held = new Set<string>()
  let opening: Promise<pg.Client> | undefined

  async function open(): Promise<pg.Client> {
    const client = await database.session()
    client.on('end', forget)
    client.on('error', forget)
    return client
  }
  const forget = () => void (opening = undefined)
  const session = () =>
    (opening ??= open().catch((error: unknown) => {
      forget()
      throw error
    }))

  async function lock(name: string): Promise<boolean> {
    const { rows } = await (
      await session()
    ).query<{ free: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 1)) as free', [name])
    return rows[0]!.free
  }

  return {
    take: async (name) => {
      if (held.has(name)) return null
      held.add(name)
      const isFree = await lock(name).catch((error: unknown) => {
        held.delete(name)
        throw error
      })
      if (!isFree) {
        held.delete(name)
        return null
      }
      return async () => {
        held.delete(name)
        // A connection that has ended has let it go by itself.
        const client = await opening?.catch(() => undefined)
        await client?.query('select pg_advisory_unlock(hashtextextended($1, 1))', [name]).catch(() => {})
      }
    },
    close: async () => {
      const client = await opening?.catch(() => undefined)
      await client?.end().catch(() => {})
    },
  }
}
