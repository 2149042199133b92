/** As much of tar (POSIX ustar) as backups need: files and folders with names up to 100 bytes, streamed. */

const BLOCK = 512
const LONGEST_NAME = 100

export interface Entry {
  /** Relative, with `/`; a folder's ends with one. */
  readonly name: string
  readonly bytes: number
  /** Exactly so many bytes. */
  readonly body: AsyncIterable<Uint8Array>
}

export const folderEntry = (name: string): Entry => ({ name: `${name}/`, bytes: 0, body: nothing() })

export function textEntry(name: string, text: string): Entry {
  const bytes = Buffer.from(text)
  return {
    name,
    bytes: bytes.length,
    body: (async function* () {
      yield bytes
    })(),
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The bytes of an archive. */
export async function* tarOf(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, body } of entries) {
    yield header(name, bytes)
    let written = 0
    for await (const chunk of body) {
      written += chunk.length
      yield chunk
    }
    if (written !== bytes) throw new Error(`${name} was announced with ${bytes} bytes and brought ${written}`)
    if (bytes % BLOCK > 0) yield Buffer.alloc(BLOCK - (bytes % BLOCK))
  }
  yield Buffer.alloc(2 * BLOCK)
}

/*
 * 0    name, 100 bytes          124  size, octal          156  kind: 0 file, 5 folder
 * 100  rights, octal            136  changed, octal       257  "ustar\0" "00"
 * 108  owner, group             148  checksum, octal
 */
function header(name: string, bytes: number): Buffer {
  if (Buffer.byteLength(name) > LONGEST_NAME) throw new Error(`a name too long for a backup: ${name}`)
  const isFolder = name.endsWith('/')
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  block.write(name, 0)
  octal(isFolder ? 0o700 : 0o600, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(bytes, 124, 12)
  octal(Math.floor(Date.now() / 1000), 136, 12)
  block.write('        ', 148, 'latin1')
  block.write(isFolder ? '5' : '0', 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** The entries of an archive, in order. Each body must be read, or is skipped when the next entry is asked for. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const chunks = source[Symbol.asyncIterator]()
  let left: Buffer = Buffer.alloc(0)

  /** Up to `most` bytes, at least one; empty at the end. */
  async function some(most: number): Promise<Buffer> {
    while (left.length === 0) {
      const next = await chunks.next()
      if (next.done) return left
      left = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
    const taken = left.subarray(0, most)
    left = left.subarray(taken.length)
    return taken
  }

  async function* exactly(bytes: number): AsyncGenerator<Buffer> {
    for (let got = 0; got < bytes;) {
      const part = await some(bytes - got)
      if (part.length === 0) throw new Error('the archive ends in the middle')
      got += part.length
      yield part
    }
  }

  for (;;) {
    const block = await whole(exactly(BLOCK))
    if (block.every((byte) => byte === 0)) break
    const text = (at: number, length: number) => block.toString('utf8', at, at + length).replace(/\0.*$/s, '')
    const bytes = Number.parseInt(text(124, 12), 8)
    const body = exactly(bytes)
    yield { name: text(0, LONGEST_NAME), bytes, body }
    for await (const _ of body) {
      // skipped
    }
    if (bytes % BLOCK > 0) await whole(exactly(BLOCK - (bytes % BLOCK)))
  }
  // To its last byte: what lies behind is proved too.
  while ((await some(BLOCK)).length > 0);
}

/** All of a body, for small ones. */
export async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}
