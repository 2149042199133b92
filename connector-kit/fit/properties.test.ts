/** What holds for every message on every network: nothing that the network lacks is asked of it, and no word is lost on the way. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Abilities, MediaAbility } from '#contract/message/abilities.ts'
import { EntityKind, isMedia, MEDIA_KINDS, type Content, type Entity, type Part } from '#contract/message/content.ts'
import type { Op } from '../connector.ts'
import { fit, type Moment } from './fit.ts'
import { lengthIn, splitRich } from './text.ts'

const KEY = '0198c0de-0000-7000-8000-000000000000'
const moment: Moment = { now: new Date('2026-03-01T12:00:00Z'), linkOf: () => 'https://p.example/l/1' }

// ---------------------------------------------------------------- worlds

const level = fc.constantFrom('full' as const, undefined)
const both = level.map((out) => (out ? { out } : undefined))

const media: fc.Arbitrary<MediaAbility | undefined> = fc
  .option(
    fc.record({
      types: fc.constantFrom(['*'], ['image/png'], ['audio/*', 'image/*']),
      bytes: fc.constantFrom(10, 1000),
      caption: fc.constantFrom(undefined, 10, 60),
      album: fc.constantFrom(undefined, 2, 10),
    }),
    { nil: undefined },
  )
  .map((drawn) => drawn && ({ out: 'full', by: 'upload', ...pruned(drawn) } as unknown as MediaAbility))

const choice = fc.option(
  fc.record({
    max: fc.integer({ min: 1, max: 6 }),
    perRow: fc.integer({ min: 1, max: 3 }),
    label: fc.integer({ min: 4, max: 20 }),
    value: fc.integer({ min: 2, max: 12 }),
    links: fc.boolean(),
  }),
  { nil: undefined },
)

const abilities: fc.Arbitrary<Abilities> = fc
  .record({
    max: fc.integer({ min: 30, max: 200 }),
    unit: fc.constantFrom('utf16' as const, 'codepoints' as const, 'bytes' as const),
    lines: fc.constantFrom(undefined, undefined, 1, 3),
    marks: fc.subarray(EntityKind.options),
    media: fc.record(Object.fromEntries(MEDIA_KINDS.map((kind) => [kind, media]))),
    parts: fc.record({ location: both, contact: both, poll: both, order: both }),
    choices: fc.record({ buttons: choice, keyboard: choice, list: choice }),
    subject: both,
    reply: both,
    thread: both,
    persona: fc.constantFrom(undefined, 'name' as const),
  })
  .map(
    ({ max, unit, lines, marks, ...rest }) =>
      pruned({
        text: pruned({ max, unit, lines, marks: Object.fromEntries(marks.map((mark) => [mark, 'full'])) }),
        ...rest,
        media: pruned(rest.media),
        parts: pruned(rest.parts),
        choices: pruned(rest.choices),
        first: { who: 'anyone', by: [] },
        pacing: {},
        confirms: 'id',
        sender: 'platform',
      }) as Abilities,
  )

const pruned = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T

const word = fc.constantFrom('tea', 'Здравствуйте', '👩‍👩‍👧', 'the.end.', 'e\u0301te\u0301', '🇩🇪', 'x'.repeat(25))
const words = fc
  .array(fc.tuple(word, fc.constantFrom(' ', '\n', '\n\n', '. ')), { minLength: 1, maxLength: 40 })
  .map((all) => all.flat().join('').trim())

const rich = words.chain((text) =>
  fc.array(fc.tuple(fc.constantFrom(...EntityKind.options), fc.nat(), fc.nat()), { maxLength: 4 }).map((drawn) => ({
    text,
    entities: drawn.map(([kind, at, long]): Entity => {
      const offset = at % text.length
      return {
        kind,
        offset,
        length: 1 + (long % (text.length - offset)),
        ...(kind === 'link' ? { value: 'https://s.example' } : {}),
      }
    }),
  })),
)

const part: fc.Arbitrary<Part> = fc.oneof(
  rich.map((said): Part => ({ kind: 'text', ...said })),
  fc
    .record({
      kind: fc.constantFrom(...MEDIA_KINDS),
      type: fc.constantFrom('image/png', 'audio/ogg', 'application/zip'),
      bytes: fc.constantFrom(5, 500, 50_000),
      caption: fc.option(rich, { nil: undefined }),
    })
    .map((drawn) => ({ ...pruned(drawn), name: 'a.file', source: { file: KEY } }) as unknown as Part),
  fc.constantFrom<Part>(
    { kind: 'location', lat: 1, lon: 2, title: 'Shop' },
    { kind: 'contact', name: 'Bo', phones: ['+7999'], emails: [] },
    { kind: 'poll', question: 'When?', options: ['Now', 'Later'], many: false },
    { kind: 'order', items: [{ sku: 'a', name: 'Tea', quantity: 2, minor: 450, currency: 'EUR' }] },
  ),
)

const offered = fc
  .record({
    as: fc.constantFrom('buttons' as const, 'keyboard' as const, 'list' as const),
    labels: fc.array(word, { minLength: 1, maxLength: 5 }),
    withLink: fc.boolean(),
  })
  .map(({ as, labels, withLink }) => ({
    as,
    once: false,
    rows: [
      labels.map((label, index) => ({ id: `c${index}`, label, does: 'answer' as const })),
      ...(withLink ? [[{ id: 'l', label: 'Site', does: 'link' as const, value: 'https://l.example' }]] : []),
    ],
  }))

const content: fc.Arbitrary<Content> = fc
  .record({
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    choices: fc.option(offered, { nil: undefined }),
    subject: fc.option(word, { nil: undefined }),
  })
  .map((drawn) => pruned(drawn) as Content)

const message = content.map((said): Op => ({
  key: KEY,
  chat: '7',
  do: 'message',
  content: said,
  replyTo: { chat: '7', id: '1' },
}))

// ---------------------------------------------------------------- promises

type Message = Extract<Op, { do: 'message' }>

function opsFor(op: Op, able: Abilities, at: Moment = moment): Message[] {
  const fitted = fit(op, able, at)
  return 'ops' in fitted ? (fitted.ops as Message[]) : []
}

test('nothing that the network lacks is asked of it', () => {
  fc.assert(
    fc.property(message, abilities, (op, able) => {
      for (const each of opsFor(op, able)) expect(objections(each, able)).toEqual([])
    }),
    { numRuns: 500 },
  )
})

/** What the network would not take. */
function objections({ content: said, replyTo, thread, as }: Message, able: Abilities): string[] {
  const { unit, max, marks } = able.text
  const tooLong = (text: string, most: number) => lengthIn(unit, text) > most
  const unknownMark = (entities: readonly Entity[]) => entities.some(({ kind }) => marks[kind] === undefined)
  const [first] = said.parts
  const ofPart = (each: Part): string[] => {
    if (each.kind === 'text')
      return [
        ...(tooLong(each.text, max) ? ['text too long'] : []),
        ...(unknownMark(each.entities) ? ['mark'] : []),
        ...(each.text.split('\n').length > (able.text.lines ?? Number.POSITIVE_INFINITY) ? ['lines'] : []),
      ]
    if (isMedia(each)) {
      const there = able.media?.[each.kind]
      return [
        ...(there?.out && (each.bytes ?? 0) <= there.bytes ? [] : ['media']),
        ...(each.caption?.text && tooLong(each.caption.text, there?.caption ?? 0) ? ['caption'] : []),
        ...(each.caption && unknownMark(each.caption.entities) ? ['mark'] : []),
      ]
    }
    return able.parts?.[each.kind as 'location']?.out ? [] : [each.kind]
  }
  const { choices } = said
  const there = choices && able.choices?.[choices.as]
  return [
    ...said.parts.flatMap(ofPart),
    ...(said.parts.length > 1 && !(isMedia(first!) && said.parts.length <= (able.media?.[first.kind]?.album ?? 1))
      ? ['several parts']
      : []),
    ...(choices && !there ? ['choices'] : []),
    ...(there && choices.rows.flat().length > there.max ? ['too many choices'] : []),
    ...(there && choices.rows.some((row) => row.length > there.perRow) ? ['row'] : []),
    ...(there && choices.rows.flat().some(({ label }) => lengthIn('codepoints', label) > there.label) ? ['label'] : []),
    ...(there && !there.links && choices.rows.flat().some(({ does }) => does === 'link') ? ['link button'] : []),
    ...(said.subject !== undefined && !able.subject?.out ? ['subject'] : []),
    ...(replyTo && !able.reply?.out ? ['reply'] : []),
    ...(thread && !able.thread?.out ? ['thread'] : []),
    ...(as && !able.persona ? ['persona'] : []),
  ]
}

test('a network that can all is asked for exactly what was said', () => {
  const full: MediaAbility = { out: 'full', types: ['*'], bytes: 1e9, by: 'upload', caption: 1e6, album: 10 }
  const choices = { max: 100, perRow: 100, label: 1000, value: 1000, links: true }
  const all: Abilities = {
    text: { max: 1e6, unit: 'utf16', marks: Object.fromEntries(EntityKind.options.map((kind) => [kind, 'full'])) },
    media: Object.fromEntries(MEDIA_KINDS.map((kind) => [kind, full])),
    parts: { location: { out: 'full' }, contact: { out: 'full' }, poll: { out: 'full' }, order: { out: 'full' } },
    choices: { buttons: choices, keyboard: choices, list: choices },
    subject: { out: 'full' },
    reply: { out: 'full' },
    first: { who: 'anyone', by: [] },
    pacing: {},
    confirms: 'id',
    sender: 'platform',
  }
  fc.assert(
    fc.property(message, (op) => {
      const single = {
        ...op,
        content: { ...(op as Message).content, parts: (op as Message).content.parts.slice(0, 1) },
      } as Op
      const fitted = fit(single, all, moment)
      expect(fitted).toEqual({ ops: [single], applied: [] })
    }),
  )
})

test('no word is lost', () => {
  fc.assert(
    fc.property(message, abilities, (op, able) => {
      expect(lost(op as Message, able)).toEqual([])
    }),
    { numRuns: 500 },
  )
})

/** Texts that are not there any more. What is refused aloud is not lost. */
function lost(op: Message, able: Abilities): string[] {
  const ops = opsFor(op, able)
  if (ops.length === 0) return []
  const there = lettersIn(ops.map((each) => each.content))
  const said = op.content.parts.map((each) =>
    each.kind === 'text' ? each.text : isMedia(each) ? each.caption?.text : '',
  )
  return said.flatMap((text) => (text && !isWithin(letters(text), there) ? [text] : []))
}

const letters = (text: string): string => text.replaceAll(/\s+/g, '')
const lettersIn = (contents: Content[]): string =>
  letters(
    contents
      .flatMap(({ parts }) =>
        parts.flatMap((each) => (each.kind === 'text' ? [each.text] : isMedia(each) ? [each.caption?.text ?? ''] : [])),
      )
      .join(' '),
  )

/** In this order, with signs of ours between. */
function isWithin(wanted: string, there: string): boolean {
  let at = 0
  for (const letter of there) if (wanted.startsWith(letter, at)) at += letter.length
  return at >= wanted.length
}

test('a text is never cut inside a grapheme, and nothing of it is lost', () => {
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
  const borders = (text: string) => new Set([...graphemes.segment(text)].map(({ index }) => index))
  fc.assert(
    fc.property(rich, fc.integer({ min: 12, max: 80 }), (said, max) => {
      const pieces = splitRich(said, { max, unit: 'utf16' })
      expect(letters(pieces.map(({ text }) => text).join(''))).toBe(letters(said.text))
      let at = 0
      for (const { text } of pieces) {
        at = said.text.indexOf(text, at) + text.length
        expect(at === said.text.length || borders(said.text).has(at)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('keys differ between the pieces, and are the same at every try', () => {
  fc.assert(
    fc.property(message, abilities, (op, able) => {
      const keys = opsFor(op, able).map(({ key }) => key)
      expect(new Set(keys).size).toBe(keys.length)
      expect(opsFor(op, able).map(({ key }) => key)).toEqual(keys)
    }),
  )
})
