/** One test per row of the table of rules: what the network lacks, and what becomes of it. */
import { describe, expect, test } from 'vitest'
import type { Abilities, MediaAbility } from '#contract/message/abilities.ts'
import { plain, type Choice, type Content, type Entity, type MediaPart, type Part } from '#contract/message/content.ts'
import type { Op, OpDo } from '../connector.ts'
import { fit, type Moment } from './fit.ts'

/** Text of 100 characters and nothing else. */
const BARE: Abilities = {
  text: { max: 100, unit: 'utf16', marks: {} },
  first: { who: 'anyone', by: [] },
  pacing: {},
  confirms: 'id',
  sender: 'platform',
}
const able = (more: Partial<Abilities>): Abilities => ({ ...BARE, ...more })
const NOW = new Date('2026-03-01T12:00:00Z')
const moment = (more: Partial<Moment> = {}): Moment => ({ now: NOW, linkOf: () => null, ...more })
const LINKED = moment({ linkOf: () => 'https://p.example/l/1' })

const KEY = '0198c0de-0000-7000-8000-000000000000'
const act = (what: OpDo): Op => ({ key: KEY, chat: '7', ...what }) as Op
const say = (content: Content, more: object = {}) => act({ do: 'message', content, ...more } as OpDo)
const text = (words: string, ...entities: Entity[]): Part => ({ kind: 'text', text: words, entities })
const FILE = { file: '0198c0de-0000-7000-8000-00000000000f' } as MediaPart['source']
const medium = (kind: string, type: string, more: object = {}): Part => ({ kind, type, source: FILE, ...more }) as Part

/** The ops as short words, and the rules. */
function fitted(op: Op, abilities: Abilities, at: Moment = moment()) {
  const result = fit(op, abilities, at)
  if ('cannot' in result) return { cannot: result.cannot, ops: [], said: [], rules: [] }
  return { ops: result.ops, said: result.ops.map(told), rules: result.applied.map(({ rule }) => rule) }
}

function told(op: Op): string {
  if (op.do === 'message') return op.content.parts.map(partTold).join(' + ')
  if (op.do === 'edit') return `edit ${op.target.id}: ${op.content.parts.map(partTold).join(' + ')}`
  return op.do === 'delete' ? `delete ${op.target.id}` : op.do === 'react' ? op.emoji.join('') : op.do
}

function partTold(part: Part): string {
  if (part.kind === 'text') return part.text
  return 'caption' in part && part.caption ? `${part.kind} "${part.caption.text}"` : part.kind
}

describe('window', () => {
  const whatsLike = able({ window: { seconds: 86_400, after: 'template' } })
  const closed = moment({ windowEnds: new Date(NOW.getTime() - 1) })
  const template: Content = { parts: [{ kind: 'template', name: 'hello', language: 'en', values: {} }] }

  test('closed: a message waits, and other ways are offered', () => {
    const offers = ['template', 'wait', 'other_road']
    expect(fit(say(plain('hi')), whatsLike, closed)).toEqual({ cannot: 'window_closed', offers })
    expect(fit(say(plain('hi')), whatsLike, moment({ windowEnds: null }))).toEqual({ cannot: 'window_closed', offers })
  })
  test('closed: the template that the sender named passes', () => {
    expect(fitted(say(template), whatsLike, closed)).toMatchObject({ rules: [], ops: [{ content: template }] })
  })
  test('closed where nothing opens it: no template is offered, and none passes', () => {
    const strict = able({ window: { seconds: 1, after: 'nothing' } })
    expect(fit(say(template), strict, closed)).toEqual({ cannot: 'window_closed', offers: ['wait', 'other_road'] })
  })
  test('open, or only paid after it: the message goes', () => {
    expect(fitted(say(plain('hi')), whatsLike, moment({ windowEnds: new Date(NOW.getTime() + 1) })).said).toEqual([
      'hi',
    ])
    expect(fitted(say(plain('hi')), able({ window: { seconds: 1, after: 'paid' } }), closed).said).toEqual(['hi'])
  })
})

describe('edits', () => {
  const target = { chat: '7', id: '1' }
  const edit = (words: string) => act({ do: 'edit', target, content: plain(words) })
  const there = (before: string, ...pieces: string[]) =>
    moment({ target: { sentAt: NOW, pieces: pieces.map((id) => [{ chat: '7', id }]), before: plain(before) } })
  const edits = able({ edit: { out: 'full', within: 60, times: 2 }, delete: { out: 'full' }, reply: { out: 'full' } })

  test('where it can be edited, it is', () => {
    expect(fitted(edit('new'), edits, there('old', '1'))).toMatchObject({ said: ['edit 1: new'], rules: [] })
  })
  test('no edit: a correction, as a reply to it', () => {
    const result = fitted(edit('a new text'), able({ reply: { out: 'full' } }), there('an old word', '1'))
    expect(result).toMatchObject({ said: ['✎ a new text'], rules: ['edit_as_correction'], ops: [{ replyTo: target }] })
  })
  test('too old, or too often: a correction', () => {
    const old = moment({ target: { sentAt: new Date(NOW.getTime() - 61_000), pieces: [[target]] } })
    const often = moment({ target: { sentAt: NOW, pieces: [[target]], edits: 2 } })
    expect(fitted(edit('new'), edits, old)).toMatchObject({ said: ['✎ new'], rules: ['edit_as_correction'] })
    expect(fitted(edit('new'), edits, often)).toMatchObject({ said: ['✎ new'], rules: ['edit_as_correction'] })
  })
  test('one changed word is enough', () => {
    expect(
      fitted(edit('see you tomorrow'), able({ reply: { out: 'full' } }), there('see you tomorow', '1')).said,
    ).toEqual(['* tomorrow'])
  })
  test('it went out in pieces: the changed one is edited, the others are left alone', () => {
    const long = (end: string) => `${'first '.repeat(15)}\n\nthen ${end}`
    const result = fitted(edit(long('new end')), edits, there(long('old end'), '1', '2'))
    expect(result).toMatchObject({ said: ['edit 2: then new end (2/2)'], rules: ['edit_pieces'] })
  })
  test('pieces that vanish are deleted, new ones follow', () => {
    const three = 'one '.repeat(60)
    expect(fitted(edit('short'), edits, there(three, '1', '2', '3')).said).toEqual([
      'edit 1: short',
      'delete 2',
      'delete 3',
    ])
    const grown = fitted(edit(three), edits, there('short', '1'))
    expect(grown.ops.map((op) => op.do)).toEqual(['edit', 'message', 'message'])
    expect(new Set(grown.ops.map((op) => op.key)).size).toBe(3)
  })
  test('items of an album are edited one by one', () => {
    const album: Content = {
      parts: [medium('image', 'image/png', { caption: { text: 'both', entities: [] } }), medium('image', 'image/png')],
    }
    const images = able({
      edit: { out: 'full' },
      media: { image: { out: 'full', types: ['*'], bytes: 9, by: 'upload', album: 10, caption: 50 } },
    })
    const at = moment({ target: { sentAt: NOW, pieces: [[target, { chat: '7', id: '2' }]] } })
    expect(fitted(act({ do: 'edit', target, content: album }), images, at).said).toEqual([
      'edit 1: image "both"',
      'edit 2: image',
    ])
  })
})

describe('deletions', () => {
  const target = { chat: '7', id: '1' }
  const remove = act({ do: 'delete', target, forAll: true })
  test('every piece goes', () => {
    const at = moment({ target: { sentAt: NOW, pieces: [[target], [{ chat: '7', id: '2' }]] } })
    expect(fitted(remove, able({ delete: { out: 'full' } }), at).said).toEqual(['delete 1', 'delete 2'])
  })
  test('no delete, but edit: its words go', () => {
    expect(fitted(remove, able({ edit: { out: 'full' } }))).toMatchObject({
      said: ['edit 1: (deleted)'],
      rules: ['delete_by_edit'],
    })
  })
  test('neither, or too old: refused aloud', () => {
    const old = moment({ target: { sentAt: new Date(0), pieces: [[target]] } })
    expect(fit(remove, BARE, moment())).toMatchObject({ cannot: 'refused', field: 'delete' })
    expect(fit(remove, able({ delete: { out: 'full', within: 60 } }), old)).toMatchObject({ cannot: 'too_old' })
  })
})

describe('replies', () => {
  const replyTo = { chat: '7', id: '5' }
  const at = moment({
    answered: { name: 'Ann', words: 'How much\nis the blue one with the long sleeves and the golden buttons?' },
  })
  test('threads only: into the thread of what is answered', () => {
    const result = fitted(say(plain('ten'), { replyTo }), able({ thread: { out: 'full' } }), at)
    expect(result).toMatchObject({ rules: ['reply_as_thread'], said: ['ten'], ops: [{ thread: '5' }] })
    expect((result as { ops: Op[] }).ops[0]).not.toHaveProperty('replyTo')
  })
  test('neither: its words stand in the first line', () => {
    const quote = '> Ann: How much is the blue one with the long sleeves and the golde…'
    expect(fitted(say(plain('ten'), { replyTo }), BARE, at)).toMatchObject({
      rules: ['reply_as_quote'],
      said: [`${quote}\nten`],
    })
  })
  test('the target never went there: quoted, although the network has replies', () => {
    expect(fitted(say(plain('ten')), able({ reply: { out: 'full' } }), at)).toMatchObject({ rules: ['reply_as_quote'] })
  })
  test('only the first piece is the reply', () => {
    const { ops } = fitted(say(plain('word '.repeat(40)), { replyTo }), able({ reply: { out: 'full' } })) as {
      ops: Op[]
    }
    expect(ops.map((op) => 'replyTo' in op)).toEqual([true, false, false])
  })
})

describe('reactions', () => {
  const react = (...emoji: string[]) => act({ do: 'react', target: { chat: '7', id: '1' }, emoji })
  const few = able({ reaction: { out: 'full', perPerson: 1, only: ['👍', '❤', '🤣'] } })
  test('unknown there: the nearest of the same meaning, never another', () => {
    expect(fitted(react('🥰'), few)).toMatchObject({ said: ['❤'], rules: ['reaction_nearest'] })
    expect(fitted(react('🦄'), few)).toMatchObject({ ops: [], rules: ['reaction_here_only'] })
  })
  test('more than one may have: the newest', () => {
    expect(fitted(react('👍', '❤'), few)).toMatchObject({ said: ['❤'], rules: ['reaction_nearest'] })
  })
  test('no reactions: only seen here; taking back passes', () => {
    expect(fitted(react('👍'), BARE)).toMatchObject({ ops: [], rules: ['reaction_here_only'] })
    expect(fitted(react(), few)).toMatchObject({ said: [''], rules: [] })
  })
})

describe('choices', () => {
  const choice = (label: string, more: Partial<Choice> = {}): Choice => ({ id: label, label, does: 'answer', ...more })
  const offer = (rows: Choice[][], as: 'buttons' | 'keyboard' | 'list' = 'buttons') =>
    say({ ...plain('Well?'), choices: { as, rows, once: false } })
  const rowsOf = (result: object) =>
    ((result as { ops: Op[] }).ops.at(-1) as { content: Content }).content.choices?.rows.map((row) =>
      row.map(({ label }) => label),
    )
  const buttons = { max: 3, perRow: 2, label: 10, value: 8 }

  test('rows too long are cut anew', () => {
    const result = fitted(offer([[choice('a'), choice('b'), choice('c')]]), able({ choices: { buttons } }))
    expect(result).toMatchObject({ rules: ['choices_reshaped'] })
    expect(rowsOf(result)).toEqual([['a', 'b'], ['c']])
  })
  test('a label too long is cut, never inside a grapheme, and stands in full in the text', () => {
    const label = 'family 👩‍👩‍👧‍👦 yes'
    const result = fitted(offer([[choice(label, { id: 'x' })]]), able({ choices: { buttons } }))
    expect(rowsOf(result)).toEqual([['family…']])
    expect(result).toMatchObject({ said: [`Well?\n\n${label}`], rules: ['choices_reshaped'] })
  })
  test('too few buttons, but a list: the list', () => {
    const four = ['a', 'b', 'c', 'd'].map((label) => [choice(label)])
    const result = fitted(
      offer(four),
      able({ choices: { buttons, list: { max: 10, perRow: 1, label: 20, value: 20 } } }),
    )
    expect(result).toMatchObject({ rules: ['choices_as_list'], ops: [{ content: { choices: { as: 'list' } } }] })
  })
  test('neither: numbers', () => {
    expect(fitted(offer([[choice('Yes'), choice('No')]]), BARE)).toMatchObject({
      said: ['Well?\n\n1) Yes\n2) No'],
      rules: ['choices_as_numbers'],
    })
  })
  test('a value that would not come back whole: numbers', () => {
    expect(fitted(offer([[choice('Yes', { value: 'longer than 8' })]]), able({ choices: { buttons } }))).toMatchObject({
      rules: ['choices_as_numbers'],
    })
  })
  test('no link buttons: links as lines, the answers stay buttons', () => {
    const site = choice('Site', { does: 'link', value: 'https://s.example' })
    const result = fitted(offer([[choice('Yes'), site]]), able({ choices: { buttons } }))
    expect(result).toMatchObject({ said: ['Well?\n\nSite: https://s.example'], rules: ['links_as_lines'] })
    expect(rowsOf(result)).toEqual([['Yes']])
  })
  test('they stand under the last piece', () => {
    const long = say({ ...plain('word '.repeat(40)), choices: { as: 'buttons', rows: [[choice('Yes')]], once: false } })
    const { ops } = fitted(long, able({ choices: { buttons } })) as { ops: Extract<Op, { do: 'message' }>[] }
    expect(ops.map(({ content }) => content.choices !== undefined)).toEqual([false, false, true])
  })
  test('no album carries them: its last item goes alone', () => {
    const image: MediaAbility = { out: 'full', types: ['*'], bytes: 9, by: 'upload', album: 10 }
    const op = say({
      parts: [medium('image', 'image/png'), medium('image', 'image/png'), medium('image', 'image/png')],
      choices: { as: 'buttons', rows: [[choice('Yes')]], once: false },
    })
    expect(fitted(op, able({ choices: { buttons }, media: { image } }))).toMatchObject({
      said: ['image + image', 'image'],
      rules: ['album_apart'],
    })
  })
})

describe('media', () => {
  const takes = (types: string[], more: object = {}) =>
    ({ out: 'full', types, bytes: 1000, by: 'upload', ...more }) as const
  const image = takes(['image/jpeg', 'image/png'], { caption: 20, pixels: 100 })
  const file = takes(['*'])

  test.each([
    [
      'voice becomes audio, its transcript goes along',
      medium('voice', 'audio/ogg', { transcript: 'call me' }),
      { audio: takes(['audio/*']) },
      ['audio', 'call me'],
      'voice_as_audio',
    ],
    ['else a file', medium('voice', 'audio/ogg'), { file }, ['file'], 'media_as_file'],
    ['a sticker is a picture', medium('sticker', 'image/png'), { image }, ['image'], 'sticker_as_image'],
    [
      'a type that is refused goes as a file',
      medium('image', 'image/heic'),
      { image, file },
      ['file'],
      'media_as_file',
    ],
    [
      'so does a picture with too many pixels',
      medium('image', 'image/png', { width: 90, height: 20 }),
      { image, file },
      ['file'],
      'media_as_file',
    ],
  ])('%s', (_, part, media, said, rule) => {
    const result = fitted(say({ parts: [part] }), able({ media }))
    expect(result).toMatchObject({ said })
    expect(result.rules).toContain(rule)
  })
  test('too big for everything: our page, with name and size', () => {
    const film = medium('video', 'video/mp4', {
      name: 'film.mp4',
      bytes: 5_300_000,
      caption: { text: 'watch', entities: [] },
    })
    expect(fitted(say({ parts: [film] }), able({ media: { file } }), LINKED)).toMatchObject({
      said: ['watch', 'film.mp4 (5.3 MB)\nhttps://p.example/l/1'],
      rules: ['media_as_link'],
    })
    expect(fit(say({ parts: [film] }), BARE, moment())).toMatchObject({ cannot: 'content_refused', field: 'video' })
  })
  test('a text that fits is the caption; one that does not follows', () => {
    const both = (words: string) => say({ parts: [medium('image', 'image/png'), text(words)] })
    expect(fitted(both('short'), able({ media: { image } }))).toMatchObject({
      said: ['image "short"'],
      rules: ['caption_joined'],
    })
    const long = 'longer than twenty characters'
    expect(fitted(both(long), able({ media: { image } }))).toMatchObject({
      said: ['image', long],
      rules: ['caption_apart'],
    })
    const captioned = say({ parts: [medium('image', 'image/png', { caption: { text: long, entities: [] } })] })
    expect(fitted(captioned, able({ media: { image } }))).toMatchObject({
      said: ['image', long],
      rules: ['caption_apart'],
    })
  })
  test('albums: together, up to their size; none: one by one', () => {
    const three = say({ parts: [1, 2, 3].map(() => medium('image', 'image/png')) })
    expect(fitted(three, able({ media: { image: { ...image, album: 3 } } }))).toMatchObject({
      said: ['image + image + image'],
      rules: [],
    })
    expect(fitted(three, able({ media: { image: { ...image, album: 2 } } }))).toMatchObject({
      said: ['image + image', 'image'],
      rules: ['album_apart'],
    })
    expect(fitted(three, able({ media: { image } }))).toMatchObject({
      said: ['image', 'image', 'image'],
      rules: ['album_apart', 'album_apart'],
    })
  })
  test('albums of several kinds: where both may stand beside each other', () => {
    const both = say({ parts: [medium('image', 'image/png'), medium('video', 'image/png')] })
    const album = { ...image, album: 10 }
    const mixed = { image: { ...album, mixes: ['video' as const] }, video: { ...album, mixes: ['image' as const] } }
    expect(fitted(both, able({ media: mixed }))).toMatchObject({ said: ['image + video'], rules: [] })
    expect(fitted(both, able({ media: { ...mixed, video: album } }))).toMatchObject({
      said: ['image', 'video'],
      rules: ['album_apart'],
    })
  })
})

describe('other parts', () => {
  test.each([
    [
      'location_as_link',
      { kind: 'location', lat: 1, lon: 2, title: 'Shop' },
      'Shop\nhttps://www.openstreetmap.org/?mlat=1&mlon=2#map=16/1/2',
    ],
    ['contact_as_text', { kind: 'contact', name: 'Bo', phones: ['+7999'], emails: ['b@e.x'] }, 'Bo\n+7999\nb@e.x'],
    [
      'poll_as_numbers',
      { kind: 'poll', question: 'When?', options: ['Now', 'Later'], many: false },
      'When?\n1) Now\n2) Later',
    ],
    [
      'order_as_text',
      { kind: 'order', items: [{ sku: 'a', name: 'Tea', quantity: 2, minor: 450, currency: 'EUR' }] },
      '2 × Tea: 4.50 EUR\n= 9.00 EUR',
    ],
  ] as [string, Part, string][])('%s', (rule, part, words) => {
    expect(fitted(say({ parts: [part] }), BARE)).toMatchObject({ said: [words], rules: [rule] })
  })
  test('copies that nobody would get are refused', () => {
    expect(fit(say({ ...plain('hi'), cc: ['a@b.c'] }), BARE, moment())).toMatchObject({
      cannot: 'content_refused',
      field: 'copies',
    })
  })
  test('a subject and a foreign name become the first words', () => {
    const op = say({ ...plain('hi'), subject: 'Order 7' }, { as: { name: 'Ann (there)' } })
    expect(fitted(op, BARE)).toMatchObject({
      said: ['Ann (there): Order 7\n\nhi'],
      rules: ['subject_as_line', 'persona_as_prefix'],
    })
  })
})

describe('marks', () => {
  const mark = (kind: Entity['kind'], offset: number, length: number, value?: string): Entity => ({
    kind,
    offset,
    length,
    ...(value ? { value } : {}),
  })
  test.each([
    ['link', text('see here now', mark('link', 4, 4, 'https://s.example')), 'see here (https://s.example) now'],
    [
      'a link that is its own address',
      text('https://s.example', mark('link', 0, 17, 'https://s.example')),
      'https://s.example',
    ],
    ['every line of a quote', text('one\ntwo\nmine', mark('quote', 0, 7)), '> one\n> two\nmine'],
    ['code and spoiler', text('run x', mark('code', 0, 3), mark('spoiler', 4, 1)), '`run` [spoiler: x]'],
    ['an inner mark closes first', text('run x', mark('spoiler', 0, 5), mark('code', 4, 1)), '[spoiler: run `x`]'],
    [
      'bold, italic, underline are dropped',
      text('all of it', mark('bold', 0, 3), mark('italic', 4, 2), mark('underline', 7, 2)),
      'all of it',
    ],
    // The family is 8 units: the link ends inside its first sign, the spoiler begins inside its last.
    [
      'a mark that ends inside a letter goes around the whole letter',
      text('the 👩‍👩‍👧 tea', mark('link', 0, 5, 'https://s.example'), mark('spoiler', 11, 1)),
      'the [spoiler: 👩‍👩‍👧] (https://s.example) tea',
    ],
    ['a mention is a name that pings nobody', text('ask Ann', mark('mention', 4, 3, '7')), 'ask @\u2060Ann'],
  ])('%s', (_, part, words) => {
    expect(fitted(say({ parts: [part] }), BARE).said).toEqual([words])
  })
  test('marks that stay move along', () => {
    const part = text('here and bold', mark('link', 0, 4, 'https://s.example'), mark('bold', 9, 4))
    const { ops } = fitted(say({ parts: [part] }), able({ text: { ...BARE.text, marks: { bold: 'full' } } })) as {
      ops: Op[]
    }
    const [said] = (ops[0] as { content: Content }).content.parts as Extract<Part, { kind: 'text' }>[]
    const [bold] = said!.entities
    expect(said!.text.slice(bold!.offset, bold!.offset + bold!.length)).toBe('bold')
  })
})

describe('length', () => {
  test('cut at a paragraph, else a sentence, else a word; numbered', () => {
    const two = `${'first. '.repeat(8).trim()}\n\n${'second '.repeat(8).trim()}`
    expect(fitted(say(plain(two)), BARE)).toMatchObject({
      said: [`${'first. '.repeat(8).trim()} (1/2)`, `${'second '.repeat(8).trim()} (2/2)`],
      rules: ['text_split'],
    })
  })
  test('never inside a link that would fit', () => {
    const words = 'w'.repeat(80)
    const part = text(`${words} four words of all of it`, {
      kind: 'link',
      offset: 81,
      length: 23,
      value: 'https://s.example',
    })
    const { ops } = fitted(
      say({ parts: [part] }),
      able({ text: { max: 100, unit: 'utf16', marks: { link: 'full' } } }),
    ) as { ops: Op[] }
    expect(ops.map(told)).toEqual([`${words} (1/2)`, 'four words of all of it (2/2)'])
  })
  test('more than five pieces: our page, where there is one; else all of them', () => {
    const long = say(plain('word '.repeat(150)))
    const linked = fitted(long, BARE, moment({ page: 'https://p.example/m/1' }))
    expect(linked).toMatchObject({ rules: ['text_as_link'], ops: [{}] })
    expect(linked.said[0]).toMatch(/^word word .* … https:\/\/p\.example\/m\/1$|… https:\/\/p\.example\/m\/1$/)
    expect(fitted(long, BARE).said.length).toBeGreaterThan(5)
  })
  test('one line per message, where the network has no more', () => {
    expect(
      fitted(say(plain('one\ntwo')), able({ text: { max: 100, unit: 'bytes', lines: 1, marks: {} } })).said,
    ).toEqual(['one (1/2)', 'two (2/2)'])
  })
  test('bytes are bytes', () => {
    const pieces = fitted(say(plain('я'.repeat(60))), able({ text: { max: 100, unit: 'bytes', marks: {} } })).said
    expect(pieces.every((piece) => Buffer.byteLength(piece) <= 100)).toBe(true)
  })
})

test('hints that a network does not have are dropped, unrecorded', () => {
  expect(fitted(act({ do: 'typing', kind: 'text' }), BARE)).toMatchObject({ ops: [], rules: [] })
  expect(fitted(act({ do: 'read', upTo: { chat: '7', id: '1' } }), BARE)).toMatchObject({ ops: [], rules: [] })
  expect(fitted(act({ do: 'answer', press: '1' }), BARE)).toMatchObject({ ops: [], rules: [] })
})
