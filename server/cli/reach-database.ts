/** The way to the database for each command: the embedded one started, or attached to, or `DATABASE_URL`; then migrated. */
import { migrate } from '../platform/migrate.ts'
import { attachEmbedded, startEmbedded } from '../platform/postgres/embedded.ts'
import { programLogin } from '../platform/program-role.ts'
import type { Settings } from '../platform/settings.ts'

export interface Reached {
  /** The program's address, as its least-privilege role. */
  readonly programUrl: string
  readonly ownerUrl: string
  /** Ends what was started for this command. */
  stop(): Promise<void>
}

/** @param beside  a running Parley may hold the folder: its database is used, and left running */
export async function reachDatabase(
  settings: Settings,
  options: { beside: boolean; say?: (sentence: string) => void },
): Promise<Reached> {
  const running = options.beside && !settings.databaseUrl ? await attachEmbedded({ dataDir: settings.dataDir }) : null
  const embedded =
    settings.databaseUrl || running
      ? null
      : await startEmbedded({ dataDir: settings.dataDir, ...(options.say ? { onTrouble: options.say } : {}) })
  const ownerUrl = settings.databaseUrl ?? running?.url ?? embedded!.url
  try {
    const { programUrl } = await migrate({ ownerUrl, login: await programLogin(settings.dataDir, settings.key) })
    return { programUrl, ownerUrl, stop: async () => embedded?.stop() }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}
