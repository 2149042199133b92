/** Files on their way out: which call takes which part. https://core.telegram.org/bots/api#sending-files */
import type { MediaPart } from '#contract/message/content.ts'
import type { Captioned, InputMedia, TheirFile } from './api.ts'
import { theirEntities } from './entities.ts'

export type MediaCall =
  | { method: 'sendPhoto'; field: 'photo' }
  | { method: 'sendAnimation'; field: 'animation' }
  | { method: 'sendVideo'; field: 'video' }
  | { method: 'sendVideoNote'; field: 'video_note' }
  | { method: 'sendAudio'; field: 'audio' }
  | { method: 'sendVoice'; field: 'voice' }
  | { method: 'sendDocument'; field: 'document' }
  | { method: 'sendSticker'; field: 'sticker' }

export function mediaCall(part: MediaPart): MediaCall {
  switch (part.kind) {
    case 'image':
      return part.type === 'image/gif' ? ANIMATION : { method: 'sendPhoto', field: 'photo' }
    case 'video':
      if (part.look === 'loop' || part.type === 'image/gif') return ANIMATION
      // A round video cannot carry words; the words matter more than the shape.
      return part.look === 'round' && !part.caption
        ? { method: 'sendVideoNote', field: 'video_note' }
        : { method: 'sendVideo', field: 'video' }
    case 'audio':
      return { method: 'sendAudio', field: 'audio' }
    case 'voice':
      return { method: 'sendVoice', field: 'voice' }
    case 'file':
      return { method: 'sendDocument', field: 'document' }
    case 'sticker':
      return { method: 'sendSticker', field: 'sticker' }
  }
}

const ANIMATION = { method: 'sendAnimation', field: 'animation' } as const

/** What that call says of the file, beside the file. */
export function detailsOf(part: MediaPart, { method, field }: MediaCall, file: TheirFile) {
  const named = { [field]: file }
  switch (method) {
    case 'sendPhoto':
      return { ...named, ...captionOf(part) }
    case 'sendAnimation':
      return { ...named, ...captionOf(part), ...lengthOf(part), ...sizeOf(part) }
    case 'sendVideo':
      return { ...named, ...captionOf(part), ...lengthOf(part), ...sizeOf(part), supports_streaming: true }
    case 'sendVideoNote':
      return { ...named, ...lengthOf(part), ...(part.width ? { length: part.width } : {}) }
    case 'sendAudio':
    case 'sendVoice':
      return { ...named, ...captionOf(part), ...lengthOf(part) }
    case 'sendDocument':
      // Else a film sent as a file comes out as a film.
      return { ...named, ...captionOf(part), disable_content_type_detection: true }
    case 'sendSticker':
      return { ...named, ...(part.kind === 'sticker' && part.emoji ? { emoji: part.emoji } : {}) }
  }
}

/** The same as one item of an album, or as the new file of an edited message. */
export function inputMedia(part: MediaPart, media: TheirFile, type: InputMedia['type']): InputMedia {
  const hasLength = type === 'video' || type === 'animation' || type === 'audio'
  const hasSize = type === 'video' || type === 'animation'
  return {
    type,
    media,
    ...captionOf(part),
    ...(hasLength ? lengthOf(part) : {}),
    ...(hasSize ? sizeOf(part) : {}),
    ...(type === 'video' ? { supports_streaming: true } : {}),
  }
}

export function captionOf(part: MediaPart): Captioned {
  if (!part.caption?.text) return {}
  const entities = theirEntities(part.caption)
  return { caption: part.caption.text, ...(entities.length > 0 ? { caption_entities: entities } : {}) }
}

const lengthOf = ({ seconds }: MediaPart) => (seconds === undefined ? {} : { duration: Math.round(seconds) })
const sizeOf = ({ width, height }: MediaPart) => (width && height ? { width, height } : {})
