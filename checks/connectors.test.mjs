/** A messenger's folder is whole: door, test, goldens, emulator, both set-up texts, logo. */
import { mkdtemp, readdir, readFile, rm, stat, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { newConnector } from '../bin/new-connector.mjs'

const connectors = fileURLToPath(new URL('../connectors/', import.meta.url))
const home = await mkdtemp(join(tmpdir(), 'parley-connectors-'))
afterAll(() => rm(home, { recursive: true, force: true }))

const WANTED = [
  'NAME.ts',
  'NAME.test.ts',
  'abilities.ts',
  'settings.ts',
  'emulator.ts',
  'setup.md',
  'setup.ru.md',
  'logo.svg',
  'testdata/account.json',
  'testdata/incoming.json',
  'testdata/outgoing.json',
]

const folders = async (root) =>
  (await readdir(root, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name)

/** What these folders lack, as `telegram/logo.svg`. */
async function lacks(root) {
  const missing = []
  for (const name of await folders(root)) {
    for (const wanted of WANTED) {
      const file = wanted.replace('NAME', name)
      const found = await stat(join(root, name, file)).catch(() => null)
      if (!found?.size) missing.push(`${name}/${file}`)
    }
    const door = await readFile(join(root, name, `${name}.test.ts`), 'utf8').catch(() => '')
    // Where no kit's stage can hold the network (its clients come to us), the goldens alone, and promises of its own.
    if (door && !/\b(keepsItsPromises|goldens)\(/.test(door)) missing.push(`${name}/${name}.test.ts: keepsItsPromises`)
  }
  return missing
}

test('every messenger’s folder is whole', async () => {
  expect((await folders(connectors)).length).toBeGreaterThan(0)
  expect(await lacks(connectors)).toEqual([])
})

test('a folder without its files is found', async () => {
  await mkdir(join(home, 'pigeon'))
  await writeFile(join(home, 'pigeon/pigeon.ts'), 'export default {}')
  await writeFile(join(home, 'pigeon/pigeon.test.ts'), 'test.todo("later")')
  await writeFile(join(home, 'pigeon/logo.svg'), '')
  const found = await lacks(home)
  expect(found).toContain('pigeon/logo.svg')
  expect(found).toContain('pigeon/setup.ru.md')
  expect(found).toContain('pigeon/testdata/incoming.json')
  expect(found).toContain('pigeon/pigeon.test.ts: keepsItsPromises')
  expect(found).not.toContain('pigeon/pigeon.ts')
})

test.each([
  { ways: 'a webhook', polls: false, has: 'webhook.ts', hasNot: 'poll.ts' },
  { ways: 'polling', polls: true, has: 'poll.ts', hasNot: 'webhook.ts' },
])('the template makes a whole folder with $ways', async ({ polls, has, hasNot }) => {
  const root = await mkdtemp(join(home, 'made-'))
  await newConnector(root, 'pigeon-post', { polls })
  expect(await lacks(root)).toEqual([])
  const made = await readdir(join(root, 'pigeon-post'))
  expect([made.includes(has), made.includes(hasNot)]).toEqual([true, false])
  const door = await readFile(join(root, 'pigeon-post/pigeon-post.ts'), 'utf8')
  expect(door).toContain(polls ? "receives: ['polling']" : "receives: ['webhook']")
  expect(door).toContain(`./${has}`)
  expect(door).not.toMatch(/NAME|_template/)
})
