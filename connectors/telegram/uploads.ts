/** Files that Telegram already has need not travel twice: their ids are kept for a day. One id belongs to one bot, as a context does. */
import type { Context, Plan } from '#connector-kit/connector.ts'
import type { MediaPart } from '#contract/message/content.ts'
import type { TheirFile, Upload } from './api.ts'
import type { Message } from './payloads.ts'
import type { Settings } from './settings.ts'

const KEPT_SECONDS = 86_400

export interface Uploading {
  /** What the file's parameter says. */
  value: TheirFile
  /** Empty when Telegram has it. */
  uploads: Upload[]
  /** Under which name its id is kept; a lazy reference has none. */
  kept?: string
}

/** @param field  the kind of file it becomes there: an id of a photo cannot be sent as a document */
export function uploadOf(part: MediaPart, field: string, c: Context<Settings>, name = 'upload'): Uploading {
  const { source } = part
  const kept = 'file' in source ? `file:${source.file}:${field}` : undefined
  const known = kept === undefined ? undefined : c.kept[kept]
  if (known) return { value: known, uploads: [], ...(kept ? { kept } : {}) }
  const upload = { name, file: source, type: part.type, fileName: part.name }
  return { value: `attach://${name}`, uploads: [upload], ...(kept ? { kept } : {}) }
}

export function* rememberFile({ kept, uploads }: Uploading, fileId: string | undefined): Plan<void> {
  if (kept && fileId && uploads.length > 0) yield { via: 'keep', name: kept, value: fileId, seconds: KEPT_SECONDS }
}

/** The id of the file in the message it became; of a photo, the largest size. */
export function fileIdOf(sent: Partial<Message>, field: FileField): string | undefined {
  if (field === 'photo') return sent.photo?.at(-1)?.file_id
  return sent[field]?.file_id
}
type FileField = 'photo' | 'animation' | 'video' | 'video_note' | 'audio' | 'voice' | 'document' | 'sticker'
