/** Payloads through the webhook of a messenger: in each field of an update that is shown somewhere. */
import type { Payload } from './payloads.ts'
import { mark } from './detector.ts'

/** Fields that stand in the thread of the private chat, or beside it. */
export const PRIVATE_FIELDS = [
  'name',
  'handle',
  'text',
  'marks',
  'linkLabel',
  'mentioned',
  'caption',
  'fileName',
  'audioTitle',
  'sticker',
  'place',
  'address',
  'cardName',
  'cardPhone',
  'cardMail',
  'question',
  'option',
  'unknownKind',
  'forwardedFrom',
  'quoted',
  'quotedChat',
  'reaction',
  'edited',
  // The platform's own words about what we sent there: see platform.ts.
  'refused',
] as const
/** Ids of private chats begin here. */
export const PRIVATE_CHATS = 1_000_000
/** The only file that the platform has. */
export const STICKER = 's'
export const ROOM_FIELDS = ['speaker', 'roomText', 'joined', 'renamed'] as const
/** So many payloads speak in one room: all that they say there is one page of its thread. */
const IN_ONE_ROOM = 12
const SAID_IN_ROOM = 4
const ROOMS = -2_000_000
const roomOf = (number: number) => Math.floor(number / IN_ONE_ROOM)
export const roomMates = (number: number, payloads: readonly Payload[]) =>
  payloads.filter((each) => roomOf(each.number) === roomOf(number))

/** The room in which `mate` speaks is called by this payload from now on. */
export function titleUpdate(payload: Payload, mate: Payload, message: number): object {
  const title = `${mark(payload.number, 'roomTitle')}${payload.text}`
  const from = { id: 3_000_000, is_bot: false, first_name: 'Janitor' }
  const date = Math.floor(Date.now() / 1000)
  const chat = { id: ROOMS - roomOf(mate.number), type: 'group', title }
  return { message: { message_id: 100_000 + message, date, chat, from, new_chat_title: title } }
}

/** Updates of one person's chat and of one room, all with this payload; the last has a shape that nobody understands. */
export function updatesOf(payload: Payload): object[] {
  const { number, text, url } = payload
  const as = (field: (typeof PRIVATE_FIELDS)[number] | (typeof ROOM_FIELDS)[number] | 'roomTitle') =>
    mark(number, field) + text
  const person = { id: PRIVATE_CHATS + number, is_bot: false, first_name: as('name'), username: as('handle') }
  const chat = { id: person.id, type: 'private', first_name: person.first_name, username: person.username }
  let message = 0
  const date = Math.floor(Date.now() / 1000) - 3_600
  const said = (content: object) => ({
    message: { message_id: ++message, date: date + message, chat, from: person, ...content },
  })
  const first = said({ text: as('text') })
  const label = as('linkLabel')
  const over = (type: string, more: object = {}) => ({ type, offset: 0, length: label.length, ...more })
  const document = { file_id: 'x', file_name: as('fileName'), mime_type: text }
  const inPrivate = [
    first,
    said({
      text: as('marks'),
      entities: ['bold', 'pre', 'spoiler', 'blockquote', 'code'].map((type, n) => ({
        type,
        offset: n,
        length: 20,
        language: text,
      })),
    }),
    said({ text: label, entities: [over('text_link', { url })] }),
    said({ text: label, entities: [over('text_link', { url: text })] }),
    said({
      text: as('mentioned'),
      entities: [{ type: 'text_mention', offset: 0, length: 8, user: { ...person, id: number + 1 } }],
    }),
    said({
      document,
      caption: as('caption'),
      caption_entities: [{ type: 'text_link', offset: mark(number, 'caption').length, length: 1, url }],
    }),
    said({ audio: { file_id: 'y', duration: 1, performer: text, title: as('audioTitle') } }),
    said({ photo: [{ file_id: 'z', width: 9, height: 9 }], caption: text }),
    said({ sticker: { file_id: STICKER, width: 9, height: 9, emoji: as('sticker') } }),
    said({ venue: { location: { latitude: 1, longitude: 2 }, title: as('place'), address: as('address') } }),
    said({
      contact: {
        first_name: as('cardName'),
        phone_number: as('cardPhone'),
        vcard: `EMAIL:${as('cardMail').replaceAll(/[\r\n]/g, ' ')}\nTEL:${url.replaceAll(/[\r\n]/g, ' ')}`,
      },
    }),
    said({ poll: { id: '1', question: as('question'), options: [{ text: as('option') }, { text: url }] } }),
    said({ [as('unknownKind')]: { x: text } }),
    said({ text: 'x', forward_origin: { type: 'hidden_user', date: 1, sender_user_name: as('forwardedFrom') } }),
    said({
      text: 'y',
      external_reply: {
        origin: { type: 'channel', date: 1 },
        chat: { id: -5, title: as('quotedChat'), username: text },
        message_id: 7,
      },
      quote: { text: as('quoted'), entities: [{ type: 'text_link', offset: 0, length: 3, url }] },
    }),
    said({ text: 'z', reply_to_message: { message_id: 1, date: 1, chat } }),
    {
      message_reaction: {
        chat,
        message_id: 1,
        user: person,
        date,
        old_reaction: [],
        new_reaction: [{ type: 'emoji', emoji: as('reaction') }],
      },
    },
    { edited_message: { ...said({ text: as('edited') }).message, message_id: 16, edit_date: date + 99 } },
  ]
  const room = { id: ROOMS - roomOf(number), type: 'group', title: as('roomTitle') }
  const speaker = { id: 3_000_001 + number, is_bot: false, first_name: as('speaker') }
  let inRoomSoFar = number * SAID_IN_ROOM
  const inRoom = (content: object) => ({
    message: { message_id: ++inRoomSoFar, date: date + message, chat: room, from: speaker, ...content },
  })
  return [
    ...inPrivate,
    inRoom({ text: as('roomText') }),
    inRoom({ new_chat_members: [{ id: 4_000_000 + number, is_bot: false, first_name: as('joined') }] }),
    inRoom({ new_chat_title: as('renamed') }),
    inRoom({ text }),
    { message: { ...inRoom({ text }).message, message_id: mark(number, 'unreadable') + text } },
  ]
}
