import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterEach, expect, test } from 'vitest'
import type { FileId } from '#contract/ids.ts'
import { WorkspaceId } from '#contract/ids.ts'
import { fakeClock } from '../clock.ts'
import { memoryKeyStore } from '../secrets/key-store.ts'
import { openSecrets } from '../secrets/secrets.ts'
import { FileRefused, filesOn, openFiles, serving } from './files.ts'
import { folderShelf } from './folder-shelf.ts'
import type { Shelf } from './shelf.ts'

const folders: string[] = []
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })))
})

async function aStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-files-'))
  folders.push(dataDir)
  const clock = fakeClock(new Date())
  const secrets = await openSecrets({ dataDir, key: randomBytes(32), store: memoryKeyStore(() => clock.now()), clock })
  const files = openFiles({ files: null, dataDir, secrets, clock })
  const workspace = WorkspaceId.parse(crypto.randomUUID())
  const put = (bytes: Uint8Array | AsyncIterable<Uint8Array>, name = 'file', maxBytes = 100_000_000) =>
    files.put(workspace, bytes instanceof Uint8Array ? Readable.from([bytes]) : bytes, { maxBytes, name })
  const read = async (id: FileId, range?: { start?: number; end?: number }) => {
    const found = await files.open(workspace, id, range)
    return found && buffer(found.stream)
  }
  const onDisk = async () => {
    const all = await readdir(join(dataDir, 'files'), { recursive: true, withFileTypes: true }).catch(() => [])
    return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  }
  return { dataDir, clock, secrets, files, workspace, put, read, onDisk }
}

const aPicture = (width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const outcome: unknown = await work.catch((error: unknown) => error)
  if (!(outcome instanceof FileRefused)) throw new Error('it was taken', { cause: outcome })
  return outcome.code
}

// ── keeping ──

test('a file comes back as it was, with its size and hash', async () => {
  const { put, read } = await aStore()
  const bytes = randomBytes(300_000)
  const stored = await put(bytes, 'data.bin')
  expect(stored).toMatchObject({
    bytes: 300_000,
    type: 'application/octet-stream',
    name: 'data.bin',
    thumbnail: false,
    width: null,
  })
  expect(stored.sha256).toEqual(createHash('sha256').update(bytes).digest())
  expect((await read(stored.id))?.equals(bytes)).toBe(true)
})

test('an empty file, and one in crumbs with empty chunks between, are files too', async () => {
  const { put, read } = await aStore()
  const empty = await put(Readable.from([]))
  expect(empty.bytes).toBe(0)
  expect((await read(empty.id))?.length).toBe(0)
  const crumbs = ['a', '', 'b', '', ''].map((text) => Buffer.from(text))
  expect((await read((await put(Readable.from(crumbs))).id))?.toString()).toBe('ab')
})

test('a part can be read', async () => {
  const { put, files, workspace, read } = await aStore()
  const bytes = randomBytes(200_000)
  const { id } = await put(bytes)
  expect((await read(id, { start: 65_000, end: 140_000 }))?.equals(bytes.subarray(65_000, 140_000))).toBe(true)
  const part = await files.open(workspace, id, { start: 5, end: 6 })
  expect(part?.bytes).toBe(200_000)
  expect(await buffer(part!.stream)).toEqual(bytes.subarray(5, 6))
  expect((await read(id, { start: 300_000 }))?.length).toBe(0)
})

test('a large file streams through in little memory', async () => {
  const { put, read } = await aStore()
  const block = randomBytes(1_000_000)
  const blocks = async function* () {
    for (let i = 0; i < 60; i++) yield block
  }
  const before = process.memoryUsage().arrayBuffers
  const { id, bytes } = await put(blocks())
  expect(bytes).toBe(60_000_000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000)
  expect((await read(id, { start: 59_999_000 }))?.equals(block.subarray(-1_000))).toBe(true)
})

test('nothing readable lies on the disk, neither content nor name', async () => {
  const { put, onDisk } = await aStore()
  await put(Buffer.from('a very particular sentence of a customer'), 'particular.txt')
  await put(await aPicture().png().toBuffer(), 'particular.png')
  const paths = await onDisk()
  expect(paths).toHaveLength(3)
  expect(paths.join()).not.toContain('particular')
  for (const path of paths) {
    const bytes = await readFile(path)
    expect(bytes.includes('particular')).toBe(false)
    expect(bytes.includes('PNG')).toBe(false)
    expect((await stat(path)).mode & 0o077).toBe(0)
  }
})

test('a file cut short or changed on the disk breaks the stream, it does not end it', async () => {
  const { put, read, onDisk, files, workspace } = await aStore()
  const { id } = await put(randomBytes(200_000))
  const [path = ''] = await onDisk()
  const whole = await readFile(path)
  await truncate(path, 21 + 2 * (65_536 + 16))
  await expect(read(id)).rejects.toThrow('cut short')
  await truncate(path, 10)
  await expect(files.open(workspace, id)).rejects.toThrow('cut short')
  whole[100_000] = (whole[100_000] as number) ^ 1
  await writeFile(path, whole)
  await expect(read(id)).rejects.toThrow('changed')
})

test("another workspace's file is not there", async () => {
  const { put, files } = await aStore()
  const { id } = await put(Buffer.from('x'))
  expect(await files.open(WorkspaceId.parse(crypto.randomUUID()), id)).toBeNull()
})

test('more than allowed is refused, and nothing is left', async () => {
  const { put, onDisk } = await aStore()
  expect(await refusalOf(put(randomBytes(200_000), 'a.bin', 100_000))).toBe('too_large')
  expect(await refusalOf(put(await aPicture(500, 500).png({ compressionLevel: 0 }).toBuffer(), 'a.png', 100_000))).toBe(
    'too_large',
  )
  expect(await onDisk()).toEqual([])
})

test('a source that breaks leaves nothing', async () => {
  const { put, onDisk } = await aStore()
  const breaking = async function* () {
    yield randomBytes(200_000)
    throw new Error('the platform hung up')
  }
  await expect(put(breaking())).rejects.toThrow('the platform hung up')
  expect(await onDisk()).toEqual([])
})

test('a disk that is full after the thumbnail leaves no thumbnail', async () => {
  const { secrets, clock, dataDir, onDisk, workspace } = await aStore()
  const shelf = folderShelf(join(dataDir, 'files'))
  const full: Shelf = {
    ...shelf,
    write: (key, bytes) =>
      key.name.endsWith('.thumbnail') ? shelf.write(key, bytes) : Promise.reject(new Error('ENOSPC')),
  }
  const picture = Readable.from([await aPicture().png().toBuffer()])
  await expect(filesOn(full, secrets, clock).put(workspace, picture, { maxBytes: 1_000_000 })).rejects.toThrow('ENOSPC')
  expect(await onDisk()).toEqual([])
})

test.each(['a key that cannot be had', 'a disk that takes nothing'])('with %s the source is let go', async (what) => {
  const { secrets, clock, dataDir, workspace } = await aStore()
  const fails = () => Promise.reject(new Error('away'))
  const files = what.startsWith('a key')
    ? filesOn(folderShelf(join(dataDir, 'files')), { ...secrets, of: fails }, clock)
    : filesOn({ ...folderShelf(join(dataDir, 'files')), write: fails }, secrets, clock)
  const source = Readable.from(Array.from({ length: 100 }, () => randomBytes(65_536)))
  await expect(files.put(workspace, source, { maxBytes: 100_000_000 })).rejects.toThrow('away')
  await expect.poll(() => source.destroyed).toBe(true)
})

test('a stream that nobody reads is closed with its file', async () => {
  const { put, files, workspace } = await aStore()
  const { id } = await put(randomBytes(300_000))
  for (const begun of [false, true]) {
    const found = await files.open(workspace, id)
    if (begun) await once(found!.stream, 'readable')
    found!.stream.destroy()
    await once(found!.stream, 'close')
  }
  const open = (await readdir('/proc/self/fd').catch(() => [])).length
  for (let i = 0; i < 20; i++) {
    const found = await files.open(workspace, id)
    found!.stream.destroy()
    await once(found!.stream, 'close')
  }
  expect((await readdir('/proc/self/fd').catch(() => [])).length).toBeLessThanOrEqual(open + 3)
})

test('removed is removed, with its thumbnail, and twice does no harm', async () => {
  const { put, files, workspace, read, onDisk } = await aStore()
  const { id } = await put(await aPicture().png().toBuffer())
  await files.remove(workspace, id)
  await files.remove(workspace, id)
  expect(await read(id)).toBeNull()
  expect(await files.openThumbnail(workspace, id)).toBeNull()
  expect(await onDisk()).toEqual([])
})

test('what no row names is swept after a day; what is named, fresh, or not ours stays', async () => {
  const { put, files, clock, onDisk, dataDir, workspace, read } = await aStore()
  const named = await put(Buffer.from('named'))
  const loose = await put(await aPicture().png().toBuffer())
  await mkdir(join(dataDir, 'files', workspace, 'zz'))
  await writeFile(join(dataDir, 'files', workspace, 'zz', 'notes.txt'), 'not ours')
  const left = join(dataDir, 'files', workspace, 'zz', 'x.part')
  await writeFile(left, 'half')
  await utimes(left, new Date(0), new Date(0))
  const kept = async (_workspace: WorkspaceId, ids: FileId[]) => new Set(ids.filter((id) => id === named.id))
  expect(await files.sweep(kept)).toBe(0)
  clock.advance(25 * 3_600_000)
  const fresh = await put(Buffer.from('fresh'))
  expect(await files.sweep(kept)).toBe(1)
  expect(await read(loose.id)).toBeNull()
  expect((await read(named.id))?.toString()).toBe('named')
  expect((await read(fresh.id))?.toString()).toBe('fresh')
  expect((await onDisk()).filter((path) => path.includes('zz'))).toEqual([
    join(dataDir, 'files', workspace, 'zz', 'notes.txt'),
  ])
})

test('an object store is refused in one line, a folder is taken', async () => {
  const { secrets, clock, dataDir } = await aStore()
  expect(() => openFiles({ files: 's3://key:secret@host/bucket', dataDir, secrets, clock })).toThrow('PARLEY_FILES')
  const workspace = WorkspaceId.parse(crypto.randomUUID())
  const elsewhere = openFiles({ files: join(dataDir, 'elsewhere'), dataDir, secrets, clock })
  await elsewhere.put(workspace, Readable.from([Buffer.from('x')]), { maxBytes: 10 })
  expect(await readdir(join(dataDir, 'elsewhere'))).toEqual([workspace])
})

// ── pictures ──

test.for(['jpeg', 'png', 'webp', 'gif'] as const)(
  'a %s is encoded anew, without what is not picture, and gets a thumbnail',
  async (format) => {
    const { put, read, files, workspace } = await aStore()
    const original = await aPicture(1_000, 600)
      .withExif({ IFD0: { Copyright: 'Ann Example', ImageDescription: 'at home' } })
      .toFormat(format)
      .toBuffer()
    const stored = await put(original, `photo.${format}`)
    expect(stored).toMatchObject({
      type: `image/${format}`,
      width: 1_000,
      height: 600,
      thumbnail: true,
      name: `photo.${format}`,
    })
    const bytes = (await read(stored.id)) as Buffer
    expect(bytes.length).toBe(stored.bytes)
    expect(bytes.includes('Ann Example')).toBe(false)
    expect(await sharp(bytes).metadata()).toMatchObject({ format, width: 1_000, height: 600 })
    const thumbnail = await buffer((await files.openThumbnail(workspace, stored.id))!.stream)
    expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'webp', width: 512, height: 307 })
  },
)

test('a photo that lies on its side stands up, and says so', async () => {
  const { put } = await aStore()
  const sideways = await aPicture(400, 100).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  expect(await put(sideways)).toMatchObject({ width: 100, height: 400, name: 'file.jpg' })
})

test('avif becomes webp, name and all', async () => {
  const { put } = await aStore()
  expect(await put(await aPicture().avif().toBuffer(), 'фото.avif')).toMatchObject({
    type: 'image/webp',
    name: 'фото.webp',
  })
})

test('a tiff stays as it came, for it may have pages, and has a thumbnail', async () => {
  const { put, read } = await aStore()
  const tiff = await aPicture().tiff().toBuffer()
  const stored = await put(tiff, 'scan.tiff')
  expect(stored).toMatchObject({ type: 'image/tiff', thumbnail: true })
  expect((await read(stored.id))?.equals(tiff)).toBe(true)
  expect(serving(stored).inline).toBe(false)
})

test.for(['gif', 'webp'] as const)('a moving %s goes on moving', async (format) => {
  const { put, read } = await aStore()
  const frames = [10, 120, 240].map((red) => ({
    create: { width: 60, height: 40, channels: 3 as const, background: { r: red, g: 0, b: 0 } },
  }))
  const moving = await sharp(await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer())), {
    join: { animated: true },
  })
    .toFormat(format, { delay: [100, 200, 300], loop: 0 })
    .toBuffer()
  const stored = await put(moving)
  expect(stored).toMatchObject({ type: `image/${format}`, width: 60, height: 40, thumbnail: true })
  expect(await sharp((await read(stored.id)) as Buffer, { animated: true }).metadata()).toMatchObject({
    pages: 3,
    delay: [100, 200, 300],
  })
})

test('an animation too long to draw is kept as a file with its first frame to look at', async () => {
  const { put, read } = await aStore()
  // five frames over the whole screen; a few bytes of each are enough for a header
  const [low, high] = [4_000 & 255, 4_000 >> 8]
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, low, high, low, high, 0, 2, 2, 0x44, 1, 0])
  const screen = Buffer.from([low, high, low, high, 0x80, 0, 0, 255, 0, 0, 0, 0, 0])
  const long = Buffer.concat([
    Buffer.from('GIF89a'),
    screen,
    ...Array.from({ length: 5 }, () => frame),
    Buffer.from([0x3b]),
  ])
  const stored = await put(long, 'long.gif')
  expect(stored).toMatchObject({
    type: 'application/octet-stream',
    thumbnail: true,
    width: 4_000,
    height: 4_000,
    name: 'long.gif',
  })
  expect(serving(stored).inline).toBe(false)
  expect((await read(stored.id))?.equals(long)).toBe(true)
})

/** A PNG whose header promises so many pixels, with as many compressed zeros as one likes. */
function pngOf(width: number, height: number, rows: Buffer): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

test('a PNG of 20,000 × 20,000 pixels is refused at once', async () => {
  const { put, onDisk } = await aStore()
  // its pixels alone would be 1.2 GB; compressed they are a megabyte
  const flood = pngOf(20_000, 20_000, Buffer.alloc(100_000_000))
  const began = performance.now()
  expect(await refusalOf(put(flood, 'flood.png'))).toBe('too_many_pixels')
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(await onDisk()).toEqual([])
})

test('a PNG that lies about its size does not fill the memory', async () => {
  const { put } = await aStore()
  const liar = pngOf(7_000, 7_000, Buffer.alloc(1_000))
  expect((await put(liar, 'liar.png')).bytes).toBeLessThan(10_000_000)
})

// ── what claims to be something else ──

test('a page, a script and a drawing with scripts are handed over as files, whatever they are called', async () => {
  const { put } = await aStore()
  const page = Buffer.from('<!doctype html><script>alert(1)</script>')
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  for (const [bytes, name] of [
    [page, 'page.html'],
    [page, 'page.png'],
    [svg, 'logo.svg'],
    [svg, 'logo.png'],
    [page, 'clip.mp4'],
  ] as const) {
    const stored = await put(bytes, name)
    const { inline, headers } = serving(stored)
    expect(inline).toBe(false)
    expect(headers['content-type']).toMatch(/^(text\/plain; charset=utf-8|application\/octet-stream)$/)
    expect(headers['content-disposition']).toMatch(/^attachment/)
    expect(headers['content-security-policy']).toContain('sandbox')
  }
})

test('a polyglot loses its second face when it is a picture, and is a file when it is none', async () => {
  const { put, read } = await aStore()
  const script = Buffer.from('/*<script>alert(document.domain)</script>*/=1;')
  const picture = await put(Buffer.concat([await aPicture().gif().toBuffer(), script]), 'both.gif')
  expect(picture.type).toBe('image/gif')
  expect((await read(picture.id))?.includes('alert')).toBe(false)
  // the classic: "GIF89a/*" is a comment to a script engine and a header to a sniffer, and no picture at all
  const pretender = await put(Buffer.concat([Buffer.from('GIF89a/*'), Buffer.alloc(40), script]), 'pretender.gif')
  expect(pretender).toMatchObject({ type: 'application/octet-stream', thumbnail: false })
  expect(serving(pretender).inline).toBe(false)
  const pdf = await put(Buffer.concat([Buffer.from('%PDF-1.7\n<script>alert(1)</script>')]), 'invoice.pdf.html')
  expect(serving(pdf)).toMatchObject({ inline: false, headers: { 'content-type': 'application/pdf' } })
})

test('broken pictures are kept as they came, or drawn as far as they go', async () => {
  const { put, read } = await aStore()
  const whole = await aPicture(800, 800).jpeg().toBuffer()
  expect((await put(whole.subarray(0, whole.length / 2), 'half.jpg')).type).toBe('image/jpeg')
  const noise = Buffer.concat([whole.subarray(0, 4), randomBytes(5_000)])
  const stored = await put(noise, 'noise.jpg')
  expect(stored.type).toBe('application/octet-stream')
  expect((await read(stored.id))?.equals(noise)).toBe(true)
})

test('a picture is called by what it is', async () => {
  const { put } = await aStore()
  const png = await aPicture().png().toBuffer()
  expect((await put(png, 'setup.exe')).name).toBe('setup.png')
  expect((await put(png, 'a\u202Egnp.exe')).name).toBe('agnp.png')
  expect((await put(await aPicture().jpeg().toBuffer(), 'IMG_1.JPG')).name).toBe('IMG_1.JPG')
})

test('an archive is never unpacked, however much it promises', async () => {
  const { put, read } = await aStore()
  const bomb = Buffer.concat([
    zipEntry('[Content_Types].xml', Buffer.alloc(50_000_000)),
    zipEntry('word/document.xml', Buffer.alloc(50_000_000)),
  ])
  const began = performance.now()
  const stored = await put(bomb, 'report.docx')
  expect(performance.now() - began).toBeLessThan(2_000)
  expect((await read(stored.id))?.equals(bomb)).toBe(true)
  expect(serving(stored).inline).toBe(false)
})

test.for([
  [
    'Ogg voice',
    Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(22), Buffer.from('OpusHead'), Buffer.alloc(80)]),
    'audio/ogg',
    true,
  ],
  [
    'MP4',
    Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'), Buffer.alloc(80)]),
    'video/mp4',
    true,
  ],
  ['PDF', Buffer.from('%PDF-1.4\n'), 'application/pdf', false],
  ['text', Buffer.from('Hello, Аня!'), 'text/plain', false],
  ['Windows program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]), 'application/x-msdownload', false],
] as const)('%s is known by its bytes', async ([, bytes, type, inline]) => {
  const { put } = await aStore()
  const stored = await put(bytes, 'unnamed')
  expect(stored.type).toBe(type)
  expect(serving(stored).inline).toBe(inline)
})

test('text that only its name tells apart keeps that, and binary never becomes text by its name', async () => {
  const { put } = await aStore()
  expect((await put(Buffer.from('a,b\n1,2'), 'list.csv')).type).toBe('text/csv')
  expect((await put(Buffer.concat([Buffer.from('ж'.repeat(40_000))]), 'cut-inside-a-letter.txt')).type).toBe(
    'text/plain',
  )
  expect((await put(Buffer.from([0, 1, 2, 3]), 'list.csv')).type).toBe('application/octet-stream')
})

function zipEntry(name: string, content: Buffer): Buffer {
  const data = deflateRawSync(content)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(8, 8)
  header.writeUInt32LE(crc32(content), 14)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, Buffer.from(name), data])
}
