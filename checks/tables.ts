/** `npm run tables`: migrates a fresh database and writes server/platform/tables.ts from it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../server/platform/migrate.ts'
import { startEmbedded } from '../server/platform/postgres/embedded.ts'
import { programLogin } from '../server/platform/program-role.ts'
import { tableTypes } from './table-types.ts'

const folder = await mkdtemp(join(tmpdir(), 'parley-tables-'))
const embedded = await startEmbedded({ dataDir: folder })
try {
  await migrate({ ownerUrl: embedded.url, login: await programLogin(folder) })
  await writeFile(new URL('../server/platform/tables.ts', import.meta.url), await tableTypes(embedded.url))
} finally {
  await embedded.stop()
  await rm(folder, { recursive: true, force: true })
}
