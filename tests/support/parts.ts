/** Parts of the program for tests that need one of them alone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { systemClock } from '#server/platform/clock.ts'
import type { Database } from '#server/platform/database.ts'
import { openLog, type Log } from '#server/platform/log.ts'
import { databaseKeyStore } from '#server/platform/secrets/key-store.ts'
import { openSecrets, type Secrets } from '#server/platform/secrets/secrets.ts'

/** A folder of its own, removed afterwards. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'))
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const someSecrets = async (database: Database): Promise<Secrets> =>
  openSecrets({ dataDir: await aFolder(), key: null, store: databaseKeyStore(database), clock: systemClock() })

export const silentLog: Log = openLog({ level: 'silent' })

/** Waits until it is so, looking every few milliseconds. */
export async function until<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms = 10_000,
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`it was not so within ${ms} ms: ${look.toString().slice(0, 200)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
