/**
 * A connection of one's own that many share, for what lives as long as it does: advisory locks. It is opened when it is first used, and anew
 * after it broke.
 *
 * One that broke tells so twice, and the second time (its `end`) a new one may be in use: it forgets itself only. So keep what was opened, and
 * let go a lock where it was taken.
 */
import type pg from 'pg'
import type { Database } from './database.ts'

export interface KeptSession<Of> {
  /** The one that is open, or a new one. @throws what kept it from being opened; the next call tries again */
  use(): Promise<Of>
  /** @param last  to be done on it before it ends, if one is open */
  close(last?: (of: Of) => Promise<unknown>): Promise<void>
}

/** @param ready  what is done on each before it is used; its result is what users get */
export function keptSession<Of>(
  database: Pick<Database, 'session'>,
  ready: (client: pg.Client) => Promise<Of>,
): KeptSession<Of> {
  interface Opened {
    client: pg.Client
    of: Of
  }
  let kept: Promise<Opened> | undefined

  async function open(forget: () => void): Promise<Opened> {
    const client = await database.session()
    // Nobody uses it any more: half broken it would stay open.
    const drop = () => {
      forget()
      void client.end().catch(() => {})
    }
    client.on('end', forget)
    client.on('error', drop)
    try {
      return { client, of: await ready(client) }
    } catch (error) {
      drop()
      throw error
    }
  }

  function session(): Promise<Opened> {
    if (kept) return kept
    const forget = () => {
      if (kept === opening) kept = undefined
    }
    const opening = open(forget)
    opening.catch(forget)
    return (kept = opening)
  }

  return {
    use: async () => (await session()).of,
    close: async (last) => {
      const now = await kept?.catch(() => undefined)
      if (!now) return
      await last?.(now.of).catch(() => {})
      await now.client.end().catch(() => {})
    },
  }
}
