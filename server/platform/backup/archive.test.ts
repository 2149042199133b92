import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outerKeysOf } from '../secrets/outer-key.ts'
import { readArchive, writeArchive } from './archive.ts'
import { folderEntry, textEntry, whole, type Entry } from './tar.ts'

const folder = await mkdtemp(join(tmpdir(), 'parley-archive-'))
const key = (byte: number) => outerKeysOf([Buffer.alloc(32, byte)], 'a test')

const written: [string, string][] = [
  ['manifest.json', '{}'],
  ['a/', ''],
  ['a/empty', ''],
  ['a/block', 'x'.repeat(512)],
  ['a/больше кадра', 'secret words '.repeat(20_000)],
]

async function* entries(): AsyncGenerator<Entry> {
  for (const [name, text] of written) yield name.endsWith('/') ? folderEntry(name.slice(0, -1)) : textEntry(name, text)
}

async function read(path: string, by = key(1)): Promise<[string, string][]> {
  const found: [string, string][] = []
  for await (const { name, body } of readArchive(path, by.all)) found.push([name, (await whole(body)).toString()])
  return found
}

test('what goes in comes out, and cannot be read on the way', async () => {
  const path = join(folder, 'one.backup')
  await writeArchive(path, key(1).current, entries())
  expect(await read(path)).toEqual(written)
  expect((await readFile(path)).includes('secret words')).toBe(false)
})

test('entries that nobody reads are passed over', async () => {
  const path = join(folder, 'two.backup')
  await writeArchive(path, key(1).current, entries())
  const names: string[] = []
  for await (const { name } of readArchive(path, key(1).all)) names.push(name)
  expect(names).toEqual(written.map(([name]) => name))
})

test('another key, another file, a changed byte or a missing end are told', async () => {
  const path = join(folder, 'three.backup')
  await writeArchive(path, key(1).current, entries())
  await expect(read(path, key(2))).rejects.toThrow(/sealed with a key that is not here/)
  const bytes = await readFile(path)
  const broken = join(folder, 'broken.backup')
  for (const at of [30, 60, bytes.length >> 1, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    await writeFile(broken, changed)
    await expect(read(broken)).rejects.toThrow(/is damaged/)
  }
  for (const length of [40, bytes.length - 1, bytes.length - 17]) {
    await writeFile(broken, bytes.subarray(0, length))
    await expect(read(broken)).rejects.toThrow(/is damaged/)
  }
  await writeFile(broken, 'a letter')
  await expect(read(broken)).rejects.toThrow(/is not a backup of Parley/)
})

test('a source that fails leaves no file', async () => {
  const path = join(folder, 'four.backup')
  async function* failing(): AsyncGenerator<Entry> {
    yield textEntry('a', 'b')
    throw new Error('the disk is gone')
  }
  await expect(writeArchive(path, key(1).current, failing())).rejects.toThrow('the disk is gone')
  await expect(readFile(path)).rejects.toThrow('ENOENT')
  await expect(readFile(`${path}.part`)).rejects.toThrow('ENOENT')
})
