/** What the road allows, told before the member sends. Pure: abilities and what is about to go, in; codes with values, out. */
import { MOST_FILE_BYTES } from '#contract/limits.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { MediaKind } from '#contract/message/content.ts'

/** From this part of the limit on, the counter shows. */
const NEAR = 0.8

export interface Counted {
  length: number
  max: number
  isNear: boolean
  isOver: boolean
}

export function countText(text: string, { text: { max, unit } }: Abilities): Counted {
  const length = lengthIn(unit, text)
  return { length, max, isNear: length >= max * NEAR, isOver: length > max }
}

const lengthIn = (unit: Abilities['text']['unit'], text: string): number => {
  switch (unit) {
    case 'bytes':
      return new TextEncoder().encode(text).length
    case 'codepoints':
      return Array.from(text).length
    case 'utf16':
    case 'sms':
      return text.length
  }
}

/** Which part a file becomes. */
export function kindOfFile(type: string): MediaKind {
  if (/^image\/(jpeg|png|webp|gif|avif|heic|heif)$/.test(type)) return 'image'
  if (type.startsWith('video/')) return 'video'
  if (type.startsWith('audio/')) return 'audio'
  return 'file'
}

export type FileVerdict =
  | { code: 'fits'; kind: MediaKind }
  /** The network does not take it as what it is, but as a file. */
  | { code: 'as_file'; kind: MediaKind }
  | { code: 'too_large'; kind: MediaKind; most: number }
  | { code: 'not_taken'; kind: MediaKind }
  | { code: 'empty'; kind: MediaKind }

export function judgeFile(type: string, bytes: number, abilities: Abilities | null): FileVerdict {
  const kind = kindOfFile(type)
  // Networks refuse it, some only after everything else went well.
  if (bytes === 0) return { code: 'empty', kind }
  if (bytes > MOST_FILE_BYTES) return { code: 'too_large', kind, most: MOST_FILE_BYTES }
  if (abilities === null) return { code: 'fits', kind }
  const own = takes(abilities, kind, type)
  if (own && bytes <= own.bytes) return { code: 'fits', kind }
  const asFile = takes(abilities, 'file', type)
  if (asFile && bytes <= asFile.bytes) return { code: kind === 'file' ? 'fits' : 'as_file', kind: 'file' }
  const most = Math.max(own?.bytes ?? 0, asFile?.bytes ?? 0)
  return most > 0 ? { code: 'too_large', kind, most } : { code: 'not_taken', kind }
}

function takes(abilities: Abilities, kind: MediaKind, type: string) {
  const able = abilities.media?.[kind]
  if (!able?.out) return null
  const isTaken = able.types.some(
    (each) => each === '*' || each === type || (each.endsWith('/*') && type.startsWith(each.slice(0, -1))),
  )
  return isTaken ? able : null
}
