/** A place in the feed. Opaque outside; it carries the database's lineage, which is new after every restore or move. */
export interface FeedCursor {
  readonly lineage: string
  /** A full transaction id, as decimal digits. */
  readonly xid: string
  readonly pos: string
  /** Seconds since 1970, of the event or earlier: says when the cursor is too old, and which partitions need not be read. */
  readonly at: number
}

const SHAPE = /^([0-9a-f-]{36})\.(\d{1,20})\.(\d{1,19})\.(\d{1,11})$/

/** Partitions are dropped after 35 days. */
const KEPT_SECONDS = 34 * 86_400

export const writeCursor = (cursor: FeedCursor): string =>
  Buffer.from(`${cursor.lineage}.${cursor.xid}.${cursor.pos}.${cursor.at}`).toString('base64url')

/** @returns null for anything that is not a cursor of ours */
export function readCursor(text: string): FeedCursor | null {
  const [, lineage, xid, pos, at] = SHAPE.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (!lineage || !xid || !pos || !at || BigInt(xid) >= 2n ** 64n || BigInt(pos) >= 2n ** 63n) return null
  return { lineage, xid, pos, at: Number(at) }
}

/** Whether somebody who stands here may have missed what was dropped meanwhile. */
export const isTooOld = (cursor: FeedCursor, now: Date): boolean => now.getTime() / 1000 - cursor.at > KEPT_SECONDS

/** The order of the feed. */
export function compareCursors(one: FeedCursor, other: FeedCursor): number {
  const byXid = BigInt(one.xid) - BigInt(other.xid)
  const difference = byXid !== 0n ? byXid : BigInt(one.pos) - BigInt(other.pos)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
