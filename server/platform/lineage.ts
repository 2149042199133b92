import pg from 'pg'
import { connectionTo } from './connection.ts'

/**
 * A database that was restored or moved gets a new name of its history: cursors of the feed that were given out before are answered with
 * "load afresh", and subscriptions begin again from the facts.
 * @param ownerUrl  only the owner may
 */
export async function beginLineage(ownerUrl: string): Promise<void> {
  const owner = new pg.Client(connectionTo(ownerUrl))
  owner.on('error', () => {})
  await owner.connect()
  try {
    await owner.query('update parley.program set lineage = gen_random_uuid()')
  } finally {
    await owner.end()
  }
}
