import { statfs } from 'node:fs/promises'

/** PostgreSQL stops taking writes when the disk is full, so it is told while there is time. */
const LEAST_BYTES = 1_000_000_000
const LEAST_SHARE = 0.05

export interface DiskRoom {
  readonly freeBytes: number
  /** Of the whole disk, 0 … 1. */
  readonly share: number
  readonly isNearlyFull: boolean
}

/** @returns null where the folder is not there, or the system does not tell */
export async function diskRoom(folder: string): Promise<DiskRoom | null> {
  const space = await statfs(folder).catch(() => null)
  if (!space) return null
  const freeBytes = space.bavail * space.bsize
  const share = space.bavail / space.blocks
  return { freeBytes, share, isNearlyFull: freeBytes < LEAST_BYTES || share < LEAST_SHARE }
}
