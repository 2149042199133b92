import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WorkspaceId } from '#contract/ids.ts'
import { fakeClock } from '../clock.ts'
import { HEADER_BYTES, openFile, plainLength, sealingFile } from './file-cipher.ts'
import { memoryKeyStore } from './key-store.ts'
import { openSecrets, SealBroken } from './secrets.ts'

const clock = fakeClock()
const secrets = await openSecrets({
  dataDir: '/nowhere',
  key: randomBytes(32),
  store: memoryKeyStore(() => clock.now()),
  clock,
})
const sealer = await secrets.of(WorkspaceId.parse(crypto.randomUUID()))
const foreign = await secrets.of(WorkspaceId.parse(crypto.randomUUID()))

const FRAME = 65_536
const SEALED = FRAME + 16

async function stored(plain: Buffer, chunk = 10_000): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(plain.length / chunk) }, (_, i) =>
    plain.subarray(i * chunk, (i + 1) * chunk),
  )
  return buffer(Readable.from(pieces).pipe(sealingFile(sealer, 'f')))
}

async function gathered(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

const opened = async (bytes: Buffer, range: { start?: number; end?: number } = {}, by = sealer, file = 'f') =>
  Buffer.concat(
    await gathered(openFile(by, file, async (at, length) => bytes.subarray(at, at + length), bytes.length, range)),
  )

test.for([0, 1, 100, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 17])(
  '%i bytes come back as they were',
  async (size) => {
    const plain = randomBytes(size)
    const bytes = await stored(plain)
    expect(plainLength(bytes.length)).toBe(size)
    expect((await opened(bytes)).equals(plain)).toBe(true)
    expect(size < 16 || !bytes.includes(plain.subarray(0, 16))).toBe(true)
  },
)

test('any part can be read without the rest, whatever the chunks were', async () => {
  const plain = randomBytes(3 * FRAME + 1234)
  const bytes = await stored(plain, 77_777)
  await fc.assert(
    fc.asyncProperty(fc.nat(plain.length + 10), fc.nat(plain.length + 10), async (start, end) => {
      expect((await opened(bytes, { start, end })).equals(plain.subarray(start, Math.max(start, end)))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a part is read from its own frames only', async () => {
  const bytes = await stored(randomBytes(10 * FRAME))
  const read: number[] = []
  const readAt = async (at: number, length: number) => {
    read.push(at)
    return bytes.subarray(at, at + length)
  }
  await gathered(openFile(sealer, 'f', readAt, bytes.length, { start: 5 * FRAME + 10, end: 5 * FRAME + 20 }))
  expect(read).toEqual([0, HEADER_BYTES + 5 * SEALED])
})

test('truncation is detected: in a frame, at a frame, to the header, to nothing', async () => {
  const bytes = await stored(randomBytes(3 * FRAME))
  for (const length of [
    bytes.length - 1,
    HEADER_BYTES + 2 * SEALED,
    HEADER_BYTES + SEALED,
    HEADER_BYTES + 3,
    HEADER_BYTES,
    5,
    0,
  ])
    await expect(opened(bytes.subarray(0, length))).rejects.toThrow(SealBroken)
})

test('bytes that vanish while they are read are noticed', async () => {
  const bytes = await stored(randomBytes(2 * FRAME))
  const readAt = async (at: number, length: number) => bytes.subarray(at, Math.min(at + length, bytes.length - 100))
  await expect(gathered(openFile(sealer, 'f', readAt, bytes.length))).rejects.toThrow('cut short')
})

test('changed, swapped, doubled and appended frames are detected', async () => {
  const bytes = await stored(randomBytes(3 * FRAME))
  const header = bytes.subarray(0, HEADER_BYTES)
  const frames = [0, 1, 2].map((i) => bytes.subarray(HEADER_BYTES + i * SEALED, HEADER_BYTES + (i + 1) * SEALED)) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  const changed = Buffer.from(bytes)
  changed[HEADER_BYTES + SEALED + 5] = (changed[HEADER_BYTES + SEALED + 5] as number) ^ 1
  const swapped = Buffer.concat([header, frames[1], frames[0], frames[2]])
  const doubled = Buffer.concat([header, frames[0], frames[1], frames[1], frames[2]])
  const appended = Buffer.concat([bytes, frames[2]])
  for (const broken of [changed, swapped, doubled, appended]) await expect(opened(broken)).rejects.toThrow(SealBroken)
})

test("one file does not open as another, nor with another workspace's key", async () => {
  const bytes = await stored(Buffer.from('hello'))
  await expect(opened(bytes, {}, sealer, 'g')).rejects.toThrow(SealBroken)
  await expect(opened(bytes, {}, foreign, 'f')).rejects.toThrow(SealBroken)
})

test('the same file twice looks different', async () => {
  expect((await stored(Buffer.from('hello'))).equals(await stored(Buffer.from('hello')))).toBe(false)
})
