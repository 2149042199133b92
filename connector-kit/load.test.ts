import { cp, mkdir, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { connectorFolders, loadConnectors } from './load.ts'

const HERE = new URL('./testdata/connectors/', import.meta.url)
const home = await mkdtemp(join(import.meta.dirname, 'testdata', 'tmp-'))
afterAll(() => rm(home, { recursive: true, force: true }))

/** A folder of connectors of its own, with this one changed. */
async function connectorsWith(change: (folder: string) => Promise<unknown>): Promise<URL> {
  const root = await mkdtemp(join(home, 'c'))
  await cp(HERE, root, { recursive: true })
  await change(join(root, 'heavy-pigeon'))
  return pathToFileURL(`${root}/`)
}

test('the folder is the registry: form, limits, set-up texts and logo come from it', async () => {
  const loaded = await loadConnectors(HERE)
  expect([...loaded.keys()]).toEqual(['heavy-pigeon'])
  expect(loaded.get('heavy-pigeon')!.card).toMatchObject({
    id: 'heavy-pigeon',
    settings: { type: 'object', required: ['loft'] },
    setup: { en: 'Set up.\n', ru: 'Настройте.\n' },
    manifest: { network: 'pigeon' },
  })
})

test('_template and plain files are no messengers', async () => {
  const root = await connectorsWith((folder) => mkdir(join(folder, '../_template')))
  await writeFile(new URL('README.md', root), '')
  expect(await connectorFolders(root)).toEqual(['heavy-pigeon'])
})

test.each([
  ['without a set-up text', (folder: string) => rm(join(folder, 'setup.ru.md'))],
  [
    'of another API number',
    (folder: string) => writeFile(join(folder, 'heavy-pigeon.ts'), 'export default { api: 2 }'),
  ],
  [
    'that receives in a way it does not have',
    async (folder: string) => {
      const door = join(folder, 'heavy-pigeon.ts')
      await writeFile(door, (await readFile(door, 'utf8')).replace(/^ *connect: .*$/m, ''))
    },
  ],
  ['whose door exports nothing', (folder: string) => writeFile(join(folder, 'heavy-pigeon.ts'), 'export {}')],
])('a connector %s is named when it cannot be loaded', async (_, change) => {
  await expect(loadConnectors(await connectorsWith(change))).rejects.toThrow('connectors/heavy-pigeon cannot be loaded')
})
