/**
 * Files of conversations. What comes in is looked at, sealed under its workspace's key and on the disk before this returns: the caller
 * then commits the row that names it. A file whose row never came is swept after a day.
 */
import { createHash } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { FileId } from '#contract/ids.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Clock } from '../clock.ts'
import { timeOf, uuidv7 } from '../ids.ts'
import { openFile, plainLength, sealingFile } from '../secrets/file-cipher.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { StartFailure } from '../start-failure.ts'
import { folderShelf } from './folder-shelf.ts'
import { takeIn } from './intake.ts'
import type { Shelf, ShelfKey } from './shelf.ts'

export { cleanFileName } from './clean-file-name.ts'
export { FileRefused } from './file-refused.ts'
export { rangeOf, serving } from './serving.ts'
export type { Serving } from './serving.ts'

/** What the row of a file says of it. */
export interface StoredFile {
  readonly id: FileId
  /** Of what is stored: a picture that was encoded anew has other bytes than the one that came. */
  readonly bytes: number
  readonly sha256: Buffer
  /** By magic bytes, without parameters; decides how it may be served (`serving`). */
  readonly type: string
  /** Cleaned, with an extension that fits a picture's type. */
  readonly name: string
  /** Of pictures. */
  readonly width: number | null
  readonly height: number | null
  readonly thumbnail: boolean
}

export interface Files {
  /**
   * Takes a file in. When this resolves its bytes are on the disk; when it throws nothing is left, and the source is let go.
   * @throws FileRefused too_large, too_many_pixels
   */
  put(
    workspace: WorkspaceId,
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number; readonly name?: string | undefined },
  ): Promise<StoredFile>
  /**
   * The bytes, or those from `start` to before `end`. Null when there is no such file. The stream breaks with `SealBroken` when
   * what is stored was changed or cut short.
   */
  open(workspace: WorkspaceId, id: FileId, range?: { start?: number; end?: number }): Promise<OpenFile | null>
  /** At most 512 pixels wide and high, webp. */
  openThumbnail(workspace: WorkspaceId, id: FileId): Promise<OpenFile | null>
  remove(workspace: WorkspaceId, id: FileId): Promise<void>
  /**
   * Removes what no row names and is older than a day.
   * @param kept  which of these the database still names
   * @returns how many files went
   */
  sweep(kept: (workspace: WorkspaceId, ids: FileId[]) => Promise<ReadonlySet<FileId>>): Promise<number>
}

export interface OpenFile {
  readonly stream: Readable
  /** Of the whole file, whatever the range. */
  readonly bytes: number
}

/** A day: no transaction that names a file takes nearly as long. */
const LOOSE_MS = 24 * 3_600_000
const SWEPT_AT_ONCE = 500

/**
 * @param files  `PARLEY_FILES`: null or a folder
 * @throws StartFailure for an address of an object store
 */
export function openFiles(options: { files: string | null; dataDir: string; secrets: Secrets; clock: Clock }): Files {
  const { files, dataDir, secrets, clock } = options
  if (files !== null && !isAbsolute(files))
    throw new StartFailure(
      'PARLEY_FILES names an object store, which Parley cannot use yet: leave it empty to keep files in PARLEY_DATA.',
    )
  return filesOn(folderShelf(files ?? join(dataDir, 'files')), secrets, clock)
}

/** @param shelf  where sealed bytes lie */
export function filesOn(shelf: Shelf, secrets: Secrets, clock: Clock): Files {
  async function store(
    key: ShelfKey,
    plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<{ bytes: number; sha256: Buffer }> {
    const sealer = await secrets.of(key.workspace)
    const hash = createHash('sha256')
    let bytes = 0
    async function* measured() {
      for await (const chunk of plain) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    }
    // an error of the source destroys the last stream, which is the one that is read
    const sealed = pipeline(Readable.from(measured(), { objectMode: false }), sealingFile(sealer, key.name), () => {})
    try {
      await shelf.write(key, sealed)
    } catch (error) {
      // it may have failed before it began to read
      sealed.destroy()
      throw error
    }
    return { bytes, sha256: hash.digest() }
  }

  async function read(key: ShelfKey, range: { start?: number; end?: number } = {}): Promise<OpenFile | null> {
    const stored = await shelf.open(key)
    if (!stored) return null
    try {
      const sealer = await secrets.of(key.workspace)
      const bytes = plainLength(stored.bytes)
      const plain = openFile(sealer, key.name, stored.readAt, stored.bytes, range)
      async function* closing() {
        try {
          yield* plain
        } finally {
          await stored?.close()
        }
      }
      const chunks = closing()
      const stream = Readable.from(chunks, { objectMode: false })
      // a generator that was never begun has no `finally` to run
      stream.once(
        'close',
        () =>
          void chunks
            .return()
            .then(() => stored.close())
            .catch(() => {}),
      )
      return { stream, bytes }
    } catch (error) {
      await stored.close()
      throw error
    }
  }

  const thumbnailOf = (id: FileId) => `${id}.thumbnail`

  async function remove(workspace: WorkspaceId, id: FileId) {
    await shelf.remove({ workspace, name: thumbnailOf(id) })
    await shelf.remove({ workspace, name: id })
  }

  return {
    put: async (workspace, source, { maxBytes, name = '' }) => {
      const id = uuidv7<FileId>(clock)
      const chunks = source[Symbol.asyncIterator]()
      const taken = await takeIn({ [Symbol.asyncIterator]: () => chunks }, maxBytes, name)
      try {
        if (taken.thumbnail) await store({ workspace, name: thumbnailOf(id) }, [taken.thumbnail])
        const stored = await store({ workspace, name: id }, taken.bytes)
        const { type, width, height } = taken
        return { id, ...stored, type, name: taken.name, width, height, thumbnail: taken.thumbnail !== null }
      } catch (error) {
        // Where nobody began to read what was taken, nobody else lets the source go. What it waits for may never come.
        void chunks.return?.().catch(() => {})
        await remove(workspace, id)
        throw error
      }
    },
    open: (workspace, id, range) => read({ workspace, name: id }, range),
    openThumbnail: (workspace, id) => read({ workspace, name: thumbnailOf(id) }),
    remove,
    sweep: async (kept) => {
      const loose = new Map<WorkspaceId, Set<FileId>>()
      let removed = 0
      async function look(workspace: WorkspaceId, ids: ReadonlySet<FileId>) {
        const named = await kept(workspace, [...ids])
        for (const id of ids) {
          if (named.has(id)) continue
          await remove(workspace, id)
          removed++
        }
      }
      for await (const { workspace, name } of shelf.list()) {
        const { data: id } = FileId.safeParse(name.replace(/\.thumbnail$/, ''))
        // not ours: somebody put it there
        if (!id) continue
        if (clock.now().getTime() - timeOf(id).getTime() < LOOSE_MS) continue
        const ids = loose.get(workspace) ?? new Set()
        loose.set(workspace, ids.add(id))
        if (ids.size < SWEPT_AT_ONCE) continue
        loose.delete(workspace)
        await look(workspace, ids)
      }
      for (const [workspace, ids] of loose) await look(workspace, ids)
      return removed
    },
  }
}
