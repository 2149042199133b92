import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TEXT = /\.(js|css|html|svg|webmanifest)$/
/** Below this a file is one packet anyway. */
const SMALLEST = 1_000

/** Lays `.br` and `.gz` beside each built text, so that the server never compresses while somebody waits. */
export async function compress(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXT.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    const text = await readFile(path)
    if (text.length < SMALLEST) continue
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }
    await writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }))
    await writeFile(`${path}.br`, await promisify(brotliCompress)(text, quality))
  }
}
