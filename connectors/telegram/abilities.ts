/** What a bot can do, and how much of it. Losses behind `partial` are named in setup.md. */
import type { Abilities } from '#contract/message/abilities.ts'
import { REACTIONS } from './reactions.ts'

const DAY = 86_400
/** https://core.telegram.org/bots/api#sending-files: photos 10 MB, everything else 50 MB by upload. */
export const PHOTO_BYTES = 10_000_000
export const FILE_BYTES = 50_000_000
/** https://core.telegram.org/bots/api#sendphoto: caption 0–1024 characters after entities are parsed; so for every other kind. */
export const CAPTION = 1024
/** https://core.telegram.org/bots/api#sendmessage: 1–4096 characters after entities are parsed. */
export const TEXT = 4096
/** https://core.telegram.org/bots/api#sendmediagroup: 2–10 items. */
export const ALBUM = 10

const uploaded = { in: 'full', out: 'full', bytes: FILE_BYTES, by: 'upload' } as const

export const abilities: Abilities = {
  text: {
    max: TEXT,
    // "Characters" is not defined on the page; UTF-16 units are never fewer than what Telegram counts.
    unit: 'utf16',
    marks: {
      // https://core.telegram.org/bots/api#messageentity
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      code: 'full',
      pre: 'full',
      quote: 'full',
      spoiler: 'full',
      heading: 'partial',
      link: 'full',
      mention: 'full',
    },
  },
  media: {
    // https://core.telegram.org/bots/api#sendphoto; a GIF goes as an animation
    image: {
      ...uploaded,
      bytes: PHOTO_BYTES,
      types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
      pixels: 10_000,
      caption: CAPTION,
      album: ALBUM,
      mixes: ['video'],
    },
    // https://core.telegram.org/bots/api#sendvideo: MPEG4, other formats may be sent as documents
    video: { ...uploaded, types: ['video/mp4', 'image/gif'], caption: CAPTION, album: ALBUM, mixes: ['image'] },
    // https://core.telegram.org/bots/api#sendaudio: .MP3 or .M4A
    audio: { ...uploaded, types: ['audio/mpeg', 'audio/mp4', 'audio/x-m4a'], caption: CAPTION, album: ALBUM },
    // https://core.telegram.org/bots/api#sendvoice: OGG with OPUS, MP3 or M4A
    voice: { ...uploaded, types: ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/x-m4a'], caption: CAPTION },
    // https://core.telegram.org/bots/api#senddocument
    file: { ...uploaded, types: ['*'], caption: CAPTION, album: ALBUM },
    // https://core.telegram.org/bots/api#sendsticker: WEBP, TGS, WEBM
    sticker: { ...uploaded, types: ['image/webp', 'application/x-tgsticker', 'video/webm'] },
  },
  parts: {
    // https://core.telegram.org/bots/api#sendvenue
    location: { in: 'full', out: 'full' },
    // https://core.telegram.org/bots/api#sendcontact: one phone is shown, the rest travels in the vCard
    contact: { in: 'full', out: 'partial' },
    // https://core.telegram.org/bots/api#sendpoll: question 1–300, 1–12 options of 1–100 characters
    poll: { in: 'full', out: 'partial' },
  },
  choices: {
    // https://core.telegram.org/bots/api#inlinekeyboardbutton: callback data 1–64 bytes
    buttons: { max: 100, perRow: 8, label: 64, value: 64, links: true },
    // https://core.telegram.org/bots/api#replykeyboardmarkup: the label is what comes back
    keyboard: { max: 100, perRow: 8, label: 64, value: 64 },
  },
  reply: { in: 'full', out: 'full' },
  thread: { in: 'full', out: 'full' },
  groups: 'member',
  edit: { in: 'full', out: 'full' },
  // https://core.telegram.org/bots/api#deletemessage: less than 48 hours ago; always for everybody
  delete: { out: 'full', within: 2 * DAY, forAll: true },
  // https://core.telegram.org/bots/api#setmessagereaction; others' reactions only reach administrators
  reaction: { in: 'partial', out: 'full', perPerson: 1, only: REACTIONS },
  // https://core.telegram.org/bots/api#sendchataction: shown for 5 seconds or less
  typing: { out: 'full', lasts: 5 },
  first: { who: 'after_they_wrote', by: [] },
  // https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
  pacing: {
    channel: [{ n: 30, per: 1 }],
    chat: [{ n: 1, per: 1, burst: 3 }],
    group: [{ n: 20, per: 60 }],
  },
  confirms: 'id',
  sender: 'platform',
}
