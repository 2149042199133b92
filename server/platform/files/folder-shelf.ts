import { open, opendir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { WorkspaceId } from '#contract/ids.ts'
import type { Shelf, ShelfKey } from './shelf.ts'

/** A half-written file of a process that died is cleared away after so long. */
const LEFT_MS = 24 * 3_600_000
const PART = '.part'

/** `<folder>/<workspace>/<two digits>/<name>`: the digits keep folders small. */
export function folderShelf(folder: string): Shelf {
  const pathOf = ({ workspace, name }: ShelfKey) => join(folder, workspace, name.slice(34, 36), name)

  return {
    write: async (key, bytes) => {
      const path = pathOf(key)
      await makeKnownFolder(dirname(path))
      const handle = await open(path + PART, 'wx', 0o600)
      let written = 0
      try {
        for await (const chunk of bytes) {
          await handle.writeFile(chunk)
          written += chunk.length
        }
        await handle.sync()
        await handle.close()
        await rename(path + PART, path)
        await flush(dirname(path))
        return written
      } catch (error) {
        await handle.close().catch(() => {})
        await rm(path + PART, { force: true })
        throw error
      }
    },
    open: async (key) => {
      let handle: FileHandle
      try {
        handle = await open(pathOf(key), 'r')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
      return {
        bytes: (await handle.stat()).size,
        readAt: async (position, length) => {
          const buffer = Buffer.allocUnsafe(length)
          let got = 0
          while (got < length) {
            const { bytesRead } = await handle.read(buffer, got, length - got, position + got)
            if (bytesRead === 0) break
            got += bytesRead
          }
          return buffer.subarray(0, got)
        },
        close: () => handle.close(),
      }
    },
    remove: (key) => rm(pathOf(key), { force: true }),
    list: async function* () {
      for await (const workspace of entries(folder)) {
        const id = WorkspaceId.safeParse(workspace)
        if (!id.success) continue
        for await (const digits of entries(join(folder, workspace))) {
          for await (const name of entries(join(folder, workspace, digits))) {
            if (name.endsWith(PART)) await clearIfLeft(join(folder, workspace, digits, name))
            else yield { workspace: id.data, name }
          }
        }
      }
    },
  }
}

/** A folder whose own name is on the disk too. */
async function makeKnownFolder(path: string): Promise<void> {
  const first = await makeFolder(path)
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await flush(dirname(made))
}

/** A name is on the disk only when its folder is. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function* entries(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name
  } catch (error) {
    // not there yet, or a stray file where a folder should be
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function clearIfLeft(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found && Date.now() - found.mtimeMs > LEFT_MS) await rm(path, { force: true })
}
