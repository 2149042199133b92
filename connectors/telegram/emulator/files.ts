/** Files the emulator holds: an id per bot, a place to fetch each for an hour. https://core.telegram.org/bots/api#file */
import { randomBytes } from 'node:crypto'
import type { EmulatorClock } from './clock.ts'
import { pictureSize } from './picture-size.ts'
import { refuse } from './refusal.ts'

export type FileKind =
  | 'photo'
  | 'animation'
  | 'video'
  | 'video_note'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'thumbnail'

export interface StoredFile {
  uniqueId: string
  kind: FileKind
  bytes: Buffer
  type: string
  name?: string
  width: number
  height: number
  seconds: number
  emoji?: string
}

export interface Files {
  store(file: Pick<StoredFile, 'kind' | 'bytes' | 'type'> & Partial<StoredFile>): StoredFile
  /** The id by which this bot speaks of it. */
  idFor(bot: number, file: StoredFile): string
  /** @returns undefined for ids of other bots and of nobody */
  find(bot: number, fileId: string): StoredFile | undefined
  byUniqueId(uniqueId: string): StoredFile | undefined
  /** `getFile`: a path that is good for an hour. */
  pathOf(bot: number, file: StoredFile): string
  at(bot: number, path: string): StoredFile | undefined
}

const LINK_MS = 3_600_000
/** Larger files cannot be fetched by bots. */
const FETCHED_BYTES = 20_000_000
const FOLDERS: Readonly<Record<FileKind, string>> = {
  photo: 'photos',
  thumbnail: 'thumbnails',
  animation: 'animations',
  video: 'videos',
  video_note: 'video_notes',
  audio: 'music',
  voice: 'voice',
  document: 'documents',
  sticker: 'stickers',
}

export function emulatedFiles(clock: EmulatorClock): Files {
  const byId = new Map<string, { bot: number; file: StoredFile }>()
  const idOf = new Map<string, string>()
  const unique = new Map<string, StoredFile>()
  const paths = new Map<string, { bot: number; file: StoredFile; until: number }>()
  let count = 0

  return {
    store(given) {
      if (given.bytes.length === 0) refuse(400, 'File must be non-empty')
      const size = pictureSize(given.bytes) ?? { width: 640, height: 480 }
      const file: StoredFile = { ...size, seconds: 1, uniqueId: randomBytes(11).toString('base64url'), ...given }
      unique.set(file.uniqueId, file)
      return file
    },
    idFor(bot, file) {
      const key = `${bot} ${file.uniqueId}`
      const known = idOf.get(key)
      if (known) return known
      const id = `Ag${randomBytes(28).toString('base64url')}`
      idOf.set(key, id)
      byId.set(id, { bot, file })
      return id
    },
    find: (bot, id) => {
      const found = byId.get(id)
      return found?.bot === bot ? found.file : undefined
    },
    byUniqueId: (id) => unique.get(id),
    pathOf(bot, file) {
      if (file.bytes.length > FETCHED_BYTES) refuse(400, 'File is too big')
      const path = `${FOLDERS[file.kind]}/file_${count++}${extensionOf(file)}`
      paths.set(path, { bot, file, until: clock.now() + LINK_MS })
      return path
    },
    at: (bot, path) => {
      const found = paths.get(path)
      return found?.bot === bot && found.until > clock.now() ? found.file : undefined
    },
  }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'image/gif': '.gif',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
  'audio/ogg': '.oga',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'application/pdf': '.pdf',
  'application/x-tgsticker': '.tgs',
}
const extensionOf = ({ type, name }: StoredFile): string => EXTENSIONS[type] ?? /\.\w+$/.exec(name ?? '')?.[0] ?? ''
