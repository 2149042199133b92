/** Files in calls: uploads, ids of earlier files, addresses; and what a message shows of them. */
import { refuse } from './refusal.ts'
import type { FileKind, StoredFile } from './files.ts'
import type { Call } from './methods/method.ts'

const PHOTO_BYTES = 10_000_000
const FILE_BYTES = 50_000_000
/** https://core.telegram.org/bots/api#sending-files: photos 5 MB, anything else 20 MB by address. */
const BY_URL_BYTES = { photo: 5_000_000, other: 20_000_000 }
const LONGEST_SIDES = 10_000
const STEEPEST = 20

const USUAL: Readonly<Record<FileKind, string>> = {
  photo: 'image/jpeg',
  thumbnail: 'image/jpeg',
  animation: 'video/mp4',
  video: 'video/mp4',
  video_note: 'video/mp4',
  audio: 'audio/mpeg',
  voice: 'audio/ogg',
  document: 'application/octet-stream',
  sticker: 'image/webp',
}

/** @param told  a file parameter: `attach://name`, an address, or an id */
export async function fileFrom(call: Call, told: string | undefined, kind: FileKind): Promise<StoredFile> {
  const { world, bot, given } = call
  if (!told) return refuse(400, `There is no ${kind.replace('_', ' ')} in the request`)
  if (told.startsWith('attach://')) {
    const upload = given.files.get(told.slice(9))
    if (!upload) return refuse(400, `Wrong file attachment: there is no "${told.slice(9)}"`)
    return kept(call, kind, upload.bytes, upload.type, upload.name)
  }
  if (/^https?:\/\//i.test(told)) {
    if (kind === 'video_note') refuse(400, "Video notes can't be sent by URL")
    const { bytes, type, name } = await fetched(told, kind)
    return kept(call, kind, bytes, type, name)
  }
  const file = world.files.find(bot.user.id, told)
  if (!file) return refuse(400, 'Wrong file_id or the file is temporarily unavailable')
  const fits = file.kind === kind || (file.kind === 'animation' && kind === 'document')
  if (!fits) refuse(400, `Can't use file of type ${named(file.kind)} as ${named(kind)}`)
  return file
}

function kept({ world, given }: Call, kind: FileKind, bytes: Buffer, told: string, name: string): StoredFile {
  if (bytes.length > FILE_BYTES) refuse(413)
  if (kind === 'photo' && bytes.length > PHOTO_BYTES) refuse(400, 'File is too big')
  // Programs that do not say what they send say "octet-stream".
  const type = told === '' || told === 'application/octet-stream' ? USUAL[kind] : told.split(';')[0]!
  const seconds = given.has('duration') ? { seconds: given.int('duration') ?? 1 } : {}
  const width = given.has('width') ? { width: given.int('width')! } : {}
  const height = given.has('height') ? { height: given.int('height')! } : {}
  const length = given.has('length') ? { width: given.int('length')!, height: given.int('length')! } : {}
  const file = world.files.store({
    kind,
    bytes,
    type,
    ...(name ? { name } : {}),
    ...seconds,
    ...width,
    ...height,
    ...length,
  })
  if (kind === 'photo') checkPicture(file)
  return file
}

function checkPicture({ width, height }: StoredFile): void {
  const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height))
  if (width + height > LONGEST_SIDES || ratio > STEEPEST) refuse(400, 'PHOTO_INVALID_DIMENSIONS')
}

/** The emulator goes nowhere but to this machine. */
async function fetched(address: string, kind: FileKind) {
  const url = URL.canParse(address) ? new URL(address) : refuse(400, 'Wrong HTTP URL specified')
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const answer = isHere ? await fetch(url).catch(() => undefined) : undefined
  if (!answer?.ok) return refuse(400, 'Failed to get HTTP URL content')
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (bytes.length > (kind === 'photo' ? BY_URL_BYTES.photo : BY_URL_BYTES.other))
    refuse(400, 'Failed to get HTTP URL content')
  const type = answer.headers.get('content-type') ?? ''
  if (kind === 'photo' && !type.startsWith('image/')) refuse(400, 'Wrong type of the web page content')
  return { bytes, type, name: url.pathname.split('/').at(-1) ?? '' }
}

const named = (kind: FileKind): string => kind.charAt(0).toUpperCase() + kind.slice(1).replace('_n', 'N')

/** What a message shows of a file. Ids are added for each bot when it is told (`file_unique_id` finds them). */
export function shown(
  file: StoredFile,
  world: Call['world'],
  about: Record<string, unknown> = {},
): Record<string, unknown> {
  const { kind, uniqueId, type, name, width, height, seconds: duration } = file
  const base = { file_unique_id: uniqueId, file_size: file.bytes.length }
  const typed = { ...base, mime_type: type }
  const named = name ? { file_name: name } : {}
  switch (kind) {
    case 'photo':
    case 'thumbnail': {
      const small = world.files.store({ ...file, kind: 'thumbnail', uniqueId: `${uniqueId}s`, ...smaller(file) })
      return {
        photo: [
          { ...base, file_unique_id: small.uniqueId, width: small.width, height: small.height },
          { ...base, width, height },
        ],
      }
    }
    case 'animation':
      // For older bots the same stands in `document` too.
      return { animation: { ...typed, ...named, width, height, duration }, document: { ...typed, ...named } }
    case 'video':
      return { video: { ...typed, ...named, width, height, duration } }
    case 'video_note':
      return { video_note: { ...base, length: width, duration } }
    case 'audio':
      return { audio: { ...typed, ...named, duration, ...about } }
    case 'voice':
      return { voice: { ...typed, duration } }
    case 'document':
      return { document: { ...typed, ...named } }
    case 'sticker': {
      const looks = { is_animated: type === 'application/x-tgsticker', is_video: type === 'video/webm' }
      const emoji = file.emoji ? { emoji: file.emoji } : {}
      return { sticker: { ...base, type: 'regular', width, height, ...looks, ...emoji } }
    }
  }
}

function smaller({ width, height }: StoredFile) {
  const scale = Math.min(1, 90 / Math.max(width, height, 1))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
