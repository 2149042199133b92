/** We are the platform: the numbers are our choice, and the widget counts with the same. */
import type { Abilities, MediaAbility } from '#contract/message/abilities.ts'
import { VISITOR_FILE_BYTES, VISITOR_TEXT } from '#contract/visitor-talk.ts'

const media: MediaAbility = {
  in: 'full',
  out: 'full',
  by: 'upload',
  types: ['*'],
  bytes: VISITOR_FILE_BYTES,
  caption: VISITOR_TEXT,
  album: 10,
  // A bubble holds whatever is said at once.
  mixes: ['image', 'video', 'audio', 'voice', 'file', 'sticker'],
}

export const abilities: Abilities = {
  text: {
    max: VISITOR_TEXT,
    unit: 'utf16',
    marks: {
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      code: 'full',
      pre: 'full',
      quote: 'full',
      spoiler: 'full',
      heading: 'full',
      link: 'full',
      mention: 'full',
    },
  },
  media: {
    // What browsers draw; the rest goes as a file.
    image: { ...media, types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] },
    video: media,
    audio: media,
    voice: media,
    file: media,
    sticker: { ...media, types: ['image/webp', 'image/png', 'image/gif'] },
  },
  parts: {
    location: { in: 'full', out: 'full' },
    contact: { out: 'full' },
    order: { out: 'partial' },
  },
  choices: {
    buttons: { max: 24, perRow: 4, label: 80, value: 1000, links: true },
    keyboard: { max: 24, perRow: 4, label: 80, value: 1000 },
    list: { max: 24, perRow: 1, label: 80, value: 1000 },
  },
  reply: { in: 'full', out: 'full' },
  edit: { in: 'full', out: 'full' },
  delete: { in: 'full', out: 'full', forAll: true },
  reaction: { in: 'full', out: 'full', perPerson: 1 },
  receipts: { delivered: 'full', read: 'full', markRead: 'full' },
  typing: { in: 'full', out: 'full', lasts: 6 },
  first: { who: 'after_they_wrote', by: [] },
  // The stream is a row of our own database: nothing has to be spared.
  pacing: { channel: [{ n: 500, per: 1 }], chat: [{ n: 20, per: 1 }] },
  // The stream folds a repeated key for as long as the entry is kept.
  idempotency: { seconds: 30 * 86_400 },
  confirms: 'id',
  sender: 'claimed',
}
