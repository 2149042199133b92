/** A message of ours, changed. Only what the message was can be changed: a text stays a text. https://core.telegram.org/bots/api#updating-messages */
import { z } from 'zod'
import type { Context, OpDo, Plan, Request, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { Content, MediaPart } from '#contract/message/content.ts'
import { call, chatId, isNotModified, read, type InputMedia, type Markup } from './api.ts'
import { markupOf } from './keyboards.ts'
import { captionOf, inputMedia } from './media.ts'
import { textOf, wordsOfLink } from './send.ts'
import type { Settings } from './settings.ts'
import { uploadOf } from './uploads.ts'

export function* edit(op: Extract<OpDo, { do: 'edit' }>, c: Context<Settings>): Plan<Sent> {
  const chat = chatId(op.target.chat)
  const target = { chat_id: chat, message_id: Number(op.target.id) }
  const reply = yield editCall({ ...target, ...buttonsOf(op.content) }, op.content, c)
  if (!isNotModified(reply)) read(reply, z.unknown(), chat)
  return { ids: [] }
}

type Target = { chat_id: number | string; message_id: number; reply_markup?: Markup }

function editCall(target: Target, { parts }: Content, c: Context<Settings>): Request {
  const part = parts[0]!
  switch (part.kind) {
    case 'text':
      return call(c, 'editMessageText', { ...target, ...textOf(part) })
    case 'link':
      return call(c, 'editMessageText', { ...target, ...textOf({ text: wordsOfLink(part), entities: [] }) })
    case 'image':
    case 'video':
    case 'audio':
    case 'file': {
      // Whether the file changed is not known here; sent again, both file and words are right.
      const file = uploadOf(part, mediaType(part), c)
      return call(
        c,
        'editMessageMedia',
        { ...target, media: inputMedia(part, file.value, mediaType(part)) },
        { uploads: file.uploads },
      )
    }
    case 'voice':
      return call(c, 'editMessageCaption', { ...target, ...captionOf(part) })
    case 'location':
      return call(c, 'editMessageLiveLocation', { ...target, latitude: part.lat, longitude: part.lon })
    case 'sticker':
    case 'contact':
    case 'poll':
    case 'order':
    case 'call':
    case 'event':
    case 'template':
    case 'html':
    case 'unknown':
      throw new SendError('content_refused', { field: part.kind })
  }
}

function mediaType(part: MediaPart): InputMedia['type'] {
  if (part.kind === 'audio') return 'audio'
  if (part.kind === 'file') return 'document'
  if (part.type === 'image/gif' || (part.kind === 'video' && part.look === 'loop')) return 'animation'
  return part.kind === 'image' ? 'photo' : 'video'
}

/** Only buttons under the message can change; without any they vanish. */
function buttonsOf({ choices }: Content): { reply_markup?: Markup } {
  const markup = choices && markupOf(choices)
  return markup && 'inline_keyboard' in markup ? { reply_markup: markup } : {}
}
