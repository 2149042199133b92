/** The way to the database for each command: the embedded one started, or attached to, or `DATABASE_URL`; then migrated. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate } from '../platform/migrate.ts'
import { attachEmbedded, startEmbedded } from '../platform/postgres/embedded.ts'
import { programLogin } from '../platform/program-role.ts'
import type { Settings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'

export interface Reached {
  /** The program's address, as its least-privilege role. */
  readonly programUrl: string
  readonly ownerUrl: string
  /** Migrates to this program's form, after `upTo`. The same server, the same `stop`. */
  again(): Promise<Reached>
  /** Ends what was started for this command. */
  stop(): Promise<void>
}

/**
 * @param options.beside  a running Parley may hold the folder: its database is used, and left running
 * @param options.known   there must be one already: none is begun
 * @param options.upTo    no migration beyond this number
 * @param options.onBusy  PostgreSQL is at work by itself now and the caller has time; may be called twice, or not at all
 */
export async function reachDatabase(
  settings: Settings,
  options: { beside: boolean; known?: boolean; upTo?: number; say?: (sentence: string) => void; onBusy?: () => void },
): Promise<Reached> {
  if (options.known && !settings.databaseUrl && !(await holdsDatabase(settings.dataDir)))
    throw new StartFailure(
      `There is no Parley in ${settings.dataDir}. PARLEY_DATA names the folder of the one you mean.`,
    )
  const running = options.beside && !settings.databaseUrl ? await attachEmbedded({ dataDir: settings.dataDir }) : null
  const embedded =
    settings.databaseUrl || running
      ? null
      : await startEmbedded({
          dataDir: settings.dataDir,
          ...(options.say ? { onTrouble: options.say } : {}),
          ...(options.onBusy ? { onBusy: options.onBusy } : {}),
        })
  const ownerUrl = settings.databaseUrl ?? running?.url ?? embedded!.url
  const stop = async () => embedded?.stop()
  const reach = async (upTo?: number): Promise<Reached> => {
    const login = await programLogin(settings.dataDir, settings.key)
    const { programUrl } = await migrate({ ownerUrl, login, ...(upTo === undefined ? {} : { upTo }) })
    return { programUrl, ownerUrl, stop, again: () => reach() }
  }
  try {
    return await reach(options.upTo)
  } catch (error) {
    await stop()
    throw error
  }
}

/** Whether an embedded PostgreSQL was ever begun in this data folder. */
export const holdsDatabase = async (dataDir: string): Promise<boolean> =>
  (await stat(join(dataDir, 'postgres/data')).catch(() => null)) !== null
