/** `npm run tables`: migrates a fresh database and writes server/platform/tables.ts from it. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../server/platform/migrate.ts'
import { startEmbedded } from '../server/platform/postgres/embedded.ts'
import { programLogin } from '../server/platform/program-role.ts'
import { tableTypes } from './table-types.ts'

const folder = await mkdtemp(join(tmpdir(), 'parley-tables-'))
const embedded = await startEmbedded({ dataDir: folder })
try {
  await migrate({ ownerUrl: embedded.url, login: await programLogin(folder) })
  const file = fileURLToPath(new URL('../server/platform/tables.ts', import.meta.url))
  await writeFile(file, await tableTypes(embedded.url))
  execFileSync('oxfmt', [file], { stdio: 'inherit' })
} finally {
  await embedded.stop()
  await rm(folder, { recursive: true, force: true })
}
