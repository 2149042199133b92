import { readSettings } from '../platform/settings.ts'
import { reachDatabase } from './reach-database.ts'

/** `parley migrate`: brings the database to this version and makes the program's role, without starting. */
export async function migrateOnly(_: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const reached = await reachDatabase(readSettings(env), { beside: true })
  await reached.stop()
  console.log('The database is up to date.')
}
