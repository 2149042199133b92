import type { WorkspaceId } from '#contract/ids.ts'

export interface ShelfKey {
  readonly workspace: WorkspaceId
  /** A file's id, or its id and `.thumbnail`. */
  readonly name: string
}

/**
 * Where stored bytes lie: sealed, nameless, never changed after they were written. A folder here; an object store elsewhere needs
 * these five and nothing more.
 */
export interface Shelf {
  /** All of it, on the disk when this resolves; nothing when the source fails. @returns how many bytes */
  write(key: ShelfKey, bytes: AsyncIterable<Uint8Array>): Promise<number>
  /** Null when it is not there. The opened must be closed. */
  open(key: ShelfKey): Promise<Opened | null>
  /** No matter whether it was there. */
  remove(key: ShelfKey): Promise<void>
  /** Everything there is, in no order; clears away what half-finished writes of earlier days left. */
  list(): AsyncIterable<ShelfKey>
}

export interface Opened {
  readonly bytes: number
  /** Fewer bytes than asked for only at the end. */
  readonly readAt: (position: number, length: number) => Promise<Buffer>
  close(): Promise<void>
}
