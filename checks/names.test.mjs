/**
 * Nothing outside `connectors/` names a messenger: the core asks abilities. Folder names are distinctive, so that this can grep for
 * them without meeting ordinary words. Tests, docs and the playground's page of phones aside.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const SEARCHED = ['contract', 'connector-kit', 'server', 'web', 'widget', 'bin']
const SOURCE = /\.(ts|tsx|mjs|js|css|sql|html|json)$/
const ASIDE = /\.test\.|\/testdata\/|\/dist\/|\/conformance\/|\/gallery\//

async function folders() {
  const found = await readdir(join(root, 'connectors'), { withFileTypes: true })
  return found.filter((entry) => entry.isDirectory() && !entry.name.startsWith('_')).map((entry) => entry.name)
}

async function* sources() {
  for (const folder of SEARCHED) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && SOURCE.test(path) && !ASIDE.test(path)) yield path
    }
  }
}

const linesThatName = (names, text) =>
  text.split('\n').filter((line) => names.some((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'i').test(line)))

test('no line of the core names a messenger', async () => {
  const names = await folders()
  expect(names.length).toBeGreaterThan(0)
  const found = []
  let read = 0
  for await (const path of sources()) {
    read++
    for (const line of linesThatName(names, await readFile(path, 'utf8')))
      found.push(`${relative(root, path)}: ${line.trim()}`)
  }
  expect(read).toBeGreaterThan(60)
  expect(found).toEqual([])
})

test('a planted name is found', async () => {
  const [name] = await folders()
  expect(linesThatName([name], `if (network === '${name}') edit()`)).toHaveLength(1)
  expect(linesThatName([name], `const my${name}s = 1`)).toHaveLength(0)
})
