/**
 * `parley rotate`: a new outer key. Data keys are wrapped anew, which takes seconds however much is stored, beside a running Parley.
 * `--data-keys` also gives every workspace a new data key: what is sealed from then on is sealed with it, what was sealed stays readable.
 * `--stored` then seals anew what is stored, which takes minutes: it may be ended and begun again.
 *
 * The old outer key is kept beside the new one under another name: backups made until now open with nothing else.
 */
import { constants, copyFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { NIL_ID, type WorkspaceId } from '#contract/ids.ts'
import { openDatabase, type Database } from '../platform/database.ts'
import { programClock } from '../platform/new-id.ts'
import { databaseKeyStore } from '../platform/secrets/key-store.ts'
import { addOuterKey, dropOldOuterKeys, keyFile, readOuterKeys } from '../platform/secrets/outer-key.ts'
import { openSecrets, type Secrets } from '../platform/secrets/secrets.ts'
import { readSettings, type Settings } from '../platform/settings.ts'
import { resealAll } from '../upkeep/reseal.ts'
import { reachDatabase } from './reach-database.ts'
import { coloured } from './terminal.ts'
import { wordsOf } from './words-of.ts'

export async function rotate(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values } = wordsOf('rotate', args, {
    'data-keys': { type: 'boolean', default: false },
    stored: { type: 'boolean', default: false },
  })
  const settings = readSettings(env)
  const { dataDir, key } = settings
  const reached = await reachDatabase(settings, { beside: true, known: true })
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  const alone = await database.session()
  try {
    // Of two at once the second would forget the key by which the first is just wrapping.
    await alone.query(`select pg_advisory_lock(hashtextextended('parley rotate', 0))`)
    // Proves first that the key at hand is the right one.
    const secrets = await openSecrets({ dataDir, key, store: databaseKeyStore(database), clock: programClock })
    const old = key ? null : await keepOld(settings)
    const keys = key ? await readOuterKeys({ dataDir, key, mayCreate: async () => false }) : await addOuterKey(dataDir)
    const count = await secrets.rewrap(keys)
    if (!key) await dropOldOuterKeys(dataDir)
    console.log(
      `${coloured('green', 'Done:')} ${count} data keys are wrapped by ${key ? 'PARLEY_KEY' : `the new key in ${keys.origin}`}.`,
    )
    if (old)
      console.log(
        `Backups made until now open only with the old key, ${old}: move it to where your second copy is, and copy the new one there too.`,
      )
    const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
      database.plumbing,
    )
    const workspaces = [NIL_ID as WorkspaceId, ...rows.map(({ id }) => id)]
    if (values['data-keys']) {
      for (const id of workspaces) await secrets.rotate(id)
      console.log(
        `${rows.length} workspaces have a new data key; it seals what comes from two minutes on. What is stored already stays sealed with the old one, which is kept beside it${values.stored ? '' : ': "parley rotate --stored" seals it anew'}.`,
      )
    }
    if (values.stored) await sealStored(database, secrets, workspaces)
  } finally {
    await alone.end()
    await database.close()
    await reached.stop()
  }
}

async function sealStored(database: Database, secrets: Secrets, workspaces: readonly WorkspaceId[]): Promise<void> {
  const restsMs = async () => Math.max(...(await Promise.all(workspaces.map((id) => secrets.restsMs(id)))))
  const resting = await restsMs()
  if (resting > 0) console.log(`Every process reads the new keys first: ${Math.ceil(resting / 1_000)} seconds.`)
  for (let left = resting; left > 0; left = await restsMs()) await delay(Math.min(left, 10_000))
  let looked = 0
  let toldAt = performance.now()
  const { sealed, broken } = await resealAll({
    database,
    secrets,
    workspaces,
    looked: (values) => {
      looked += values
      if (performance.now() - toldAt < 5_000) return
      toldAt = performance.now()
      console.log(`${looked.toLocaleString('en')} values looked at …`)
    },
  })
  console.log(
    `${sealed.toLocaleString('en')} of ${looked.toLocaleString('en')} stored values were sealed anew. Files and links that were sent stay with their keys.`,
  )
  if (broken > 0) console.log(`${broken.toLocaleString('en')} did not open before either, and were left as they are.`)
}

async function keepOld({ dataDir }: Settings): Promise<string> {
  const file = keyFile(dataDir)
  const old = `${file}.before-${new Date().toISOString().replaceAll(/[:.Z]/g, '')}`
  await copyFile(file, old, constants.COPYFILE_EXCL)
  return old
}
