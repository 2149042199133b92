/**
 * What a network cannot do is done otherwise, or refused aloud; never silently. Pure: the same op, abilities and moment give the same
 * ops. Called by `delivery` once the road is chosen, and by the composer's preview.
 *
 * window → operation → parts → choices → marks → length
 */
import { createHash } from 'node:crypto'
import type { Abilities } from '#contract/message/abilities.ts'
import { isMedia, type Content, type Part, type PartOf } from '#contract/message/content.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import type { FileRef, Op, Ref } from '../connector.ts'
import { fitChoices } from './choices.ts'
import { fitMarks } from './marks.ts'
import { fitParts } from './parts.ts'
import { joinRich, lengthIn, splitRich } from './text.ts'

export interface Moment {
  now: Date
  /** When the network's window closes; null: it never opened; absent: the network has none. */
  windowEnds?: Date | null
  /** Our own page for a file that the network does not take. */
  linkOf(file: FileRef): string
  /** What an edit, a deletion or a reaction points at, as it went out. */
  target?: { sentAt: Date | null; pieces: Ref[] }
}

/** One rule that changed something, in the words of the table of rules; kept with the delivery and shown as a badge. */
export interface Applied {
  rule: string
  part?: number
  before?: string
  after?: string
}

export type Fitted = { ops: Op[]; applied: Applied[] } | { cannot: SendErrorCode; offers: string[] }

type Message = Extract<Op, { do: 'message' }>

export function fit(op: Op, abilities: Abilities, moment: Moment): Fitted {
  if (
    abilities.window &&
    moment.windowEnds !== undefined &&
    (moment.windowEnds === null || moment.windowEnds < moment.now) &&
    op.do === 'message'
  )
    return { cannot: 'window_closed', offers: ['other_road'] }
  switch (op.do) {
    case 'message':
      return fitMessage(op, abilities)
    case 'edit':
      return fitEdit(op, abilities, moment)
    case 'delete':
      return fitDelete(op, abilities, moment)
    case 'react':
      return fitReaction(op, abilities)
    case 'read':
      return { ops: abilities.receipts?.markRead ? [op] : [], applied: [] }
    case 'typing':
      return { ops: abilities.typing?.out ? [op] : [], applied: [] }
    case 'answer':
      return { ops: abilities.choices ? [op] : [], applied: [] }
  }
}

// ---------------------------------------------------------------- operations

const isYoung = (within: number | undefined, { now, target }: Moment): boolean =>
  within === undefined || !target?.sentAt || now.getTime() - target.sentAt.getTime() <= within * 1000

function fitEdit(op: Extract<Op, { do: 'edit' }>, abilities: Abilities, moment: Moment): Fitted {
  const asMessage = fitMessage({ ...place(op), do: 'message', content: op.content }, abilities)
  const pieces = moment.target?.pieces ?? [op.target]
  if (
    abilities.edit?.out &&
    isYoung(abilities.edit.within, moment) &&
    'ops' in asMessage &&
    asMessage.ops.length === 1 &&
    pieces.length === 1
  ) {
    const [only] = asMessage.ops as [Message]
    const same = only.content === op.content
    return { ops: [same ? op : { ...op, content: only.content }], applied: asMessage.applied }
  }
  const words = op.content.parts.find((part) => part.kind === 'text') ?? {
    kind: 'text' as const,
    text: '',
    entities: [],
  }
  const correction: Content = {
    parts: [{ kind: 'text', ...joinRich(['✎ ', { text: words.text, entities: words.entities }]) }],
  }
  const fitted = fitMessage({ ...place(op), do: 'message', content: correction, replyTo: op.target }, abilities)
  return 'ops' in fitted
    ? {
        ops: fitted.ops,
        applied: [{ rule: pieces.length > 1 ? 'edit_pieces' : 'edit_as_correction' }, ...fitted.applied],
      }
    : fitted
}

function fitDelete(op: Extract<Op, { do: 'delete' }>, abilities: Abilities, moment: Moment): Fitted {
  const targets = moment.target?.pieces ?? [op.target]
  if (abilities.delete?.out && isYoung(abilities.delete.within, moment))
    return {
      ops: targets.map((target, index) =>
        index === 0 && targets.length === 1 ? op : { ...op, key: pieceKey(op.key, index), target },
      ),
      applied: [],
    }
  if (abilities.edit?.out && isYoung(abilities.edit.within, moment)) {
    const content: Content = { parts: [{ kind: 'text', text: '(deleted)', entities: [] }] }
    return {
      ops: targets.map((target, index) => ({
        ...place(op),
        key: pieceKey(op.key, index),
        do: 'edit',
        target,
        content,
      })),
      applied: [{ rule: 'delete_by_edit' }],
    }
  }
  return { cannot: abilities.delete?.out ? 'too_old' : 'refused', offers: [] }
}

/** The same meaning, never another. */
const NEAREST: Record<string, string> = {
  '🥰': '❤',
  '❤️': '❤',
  '👌': '👍',
  '🙂': '👍',
  '😄': '😁',
  '😂': '🤣',
  '☹️': '😢',
  '🙁': '😢',
  '✅': '👍',
  '🎊': '🎉',
}

function fitReaction(op: Extract<Op, { do: 'react' }>, abilities: Abilities): Fitted {
  const able = abilities.reaction
  if (!able?.out) return { ops: [], applied: [{ rule: 'reaction_here_only' }] }
  const { only } = able
  const known = op.emoji.map((emoji) => (!only || only.includes(emoji) ? emoji : (NEAREST[emoji] ?? '')))
  if (known.some((emoji) => emoji === '' || (only && !only.includes(emoji))))
    return { ops: [], applied: [{ rule: 'reaction_here_only' }] }
  const emoji = known.slice(0, able.perPerson)
  const same = emoji.length === op.emoji.length && emoji.every((each, index) => each === op.emoji[index])
  return {
    ops: [same ? op : { ...op, emoji }],
    applied: same ? [] : [{ rule: 'reaction_nearest', before: op.emoji.join(''), after: emoji.join('') }],
  }
}

// ---------------------------------------------------------------- messages

function fitMessage(op: Message, abilities: Abilities): Fitted {
  const parts = fitParts(op.content.parts, abilities)
  if ('cannot' in parts) return { cannot: parts.cannot, offers: [] }
  const choices = fitChoices(op.content.choices, abilities)
  const applied = [...parts.applied, ...choices.applied]
  let pieces = parts.parts
  let { subject } = op.content
  if (subject && !abilities.subject?.out) {
    pieces = beginWith(pieces, `${subject}\n\n`)
    applied.push({ rule: 'subject_as_line' })
    subject = undefined
  }
  let { as } = op
  if (as && !abilities.persona) {
    pieces = beginWith(pieces, `${as.name}: `)
    applied.push({ rule: 'persona_as_prefix' })
    as = undefined
  }
  if (choices.lines.length > 0) pieces = endWith(pieces, `\n\n${choices.lines.join('\n')}`)
  pieces = pieces.map((part, index) => withMarks(part, index, abilities, applied))
  const messages = abilities.together ? whole(pieces) : cut(pieces, abilities, applied)
  if (messages.length === 0) return { cannot: 'content_refused', offers: [] }
  const content = (some: Part[], last: boolean): Content => ({
    ...bare(op.content),
    ...(subject ? { subject } : {}),
    parts: some,
    // Choices stand under the last words.
    ...(last && choices.choices ? { choices: choices.choices } : {}),
  })
  const replies = abilities.reply?.out !== undefined
  if (op.replyTo && !replies) applied.push({ rule: 'reply_as_quote' })
  const untouched = applied.length === 0 && messages.length === 1
  if (untouched) return { ops: [op], applied }
  const { replyTo, as: _, ...rest } = op
  return {
    applied,
    ops: messages.map((some, index) => ({
      ...rest,
      ...(as ? { as } : {}),
      ...(replyTo && replies && index === 0 ? { replyTo } : {}),
      key: pieceKey(op.key, index),
      content: content(some, index === messages.length - 1),
    })),
  }
}

const bare = ({ cc, bcc }: Content): Pick<Content, 'cc' | 'bcc'> => ({ ...(cc ? { cc } : {}), ...(bcc ? { bcc } : {}) })

function withMarks(part: Part, index: number, abilities: Abilities, applied: Applied[]): Part {
  const rich = part.kind === 'text' ? part : isMedia(part) ? part.caption : undefined
  if (!rich) return part
  const fitted = fitMarks(rich, abilities.text.marks)
  if (fitted === rich) return part
  applied.push({ rule: 'marks_written', part: index })
  return part.kind === 'text' ? { ...part, ...fitted } : ({ ...part, caption: fitted } as Part)
}

const beginWith = (parts: Part[], words: string): Part[] =>
  changeText(parts, (text) => joinRich([words, text]), 'first')
const endWith = (parts: Part[], words: string): Part[] => changeText(parts, (text) => joinRich([text, words]), 'last')

function changeText(
  parts: Part[],
  change: (text: PartOf<'text'> | { text: string; entities: [] }) => {
    text: string
    entities: PartOf<'text'>['entities']
  },
  which: 'first' | 'last',
): Part[] {
  const index =
    which === 'first'
      ? parts.findIndex((part) => part.kind === 'text')
      : parts.findLastIndex((part) => part.kind === 'text')
  const at = parts[index]
  if (at?.kind === 'text') return parts.map((part, n) => (n === index ? { kind: 'text', ...change(at) } : part))
  const { text, entities } = change({ text: '', entities: [] })
  const words: Part = { kind: 'text', text: text.trim(), entities }
  return which === 'first' ? [words, ...parts] : [...parts, words]
}

/**
 * One visible thing per message: media that the network takes as an album stay together, a text that fits a caption stays with its
 * medium, a long one follows; texts are cut to the network's length.
 */
function cut(parts: Part[], abilities: Abilities, applied: Applied[]): Part[][] {
  const { max, unit } = abilities.text
  const messages: Part[][] = []
  for (const part of parts) {
    if (part.kind === 'text') {
      if (part.text === '') continue
      if (lengthIn(unit, part.text) <= max) {
        messages.push([part])
        continue
      }
      const pieces = numbered(part, max, unit)
      applied.push({ rule: 'text_split', after: String(pieces.length) })
      for (const piece of pieces) messages.push([{ kind: 'text', ...piece }])
    } else if (isMedia(part)) {
      const able = abilities.media?.[part.kind]
      const caption = part.caption
      if (caption && caption.text !== '' && lengthIn(unit, caption.text) > (able?.caption ?? 0)) {
        applied.push({ rule: 'caption_apart' })
        const { caption: _, ...alone } = part
        messages.push([alone as Part], ...cut([{ kind: 'text', ...caption }], abilities, applied))
        continue
      }
      const before = messages.at(-1)
      const first = before?.[0]
      const together =
        able?.album !== undefined && first && isMedia(first) && first.kind === part.kind && before!.length < able.album
      if (together) before!.push(part)
      else {
        if (first && isMedia(first) && first.kind === part.kind) applied.push({ rule: 'album_apart' })
        messages.push([part])
      }
    } else messages.push([part])
  }
  return captioned(messages, abilities, applied)
}

const whole = (parts: Part[]): Part[][] => {
  const said = parts.filter((part) => part.kind !== 'text' || part.text !== '')
  return said.length > 0 ? [said] : []
}

/** `[image, text]` is an image with a caption, where that fits. */
function captioned(messages: Part[][], abilities: Abilities, applied: Applied[]): Part[][] {
  const [media, words] = messages
  const part = media?.[0]
  const text = words?.[0]
  if (messages.length !== 2 || !part || !isMedia(part) || part.caption || text?.kind !== 'text') return messages
  const most = abilities.media?.[part.kind]?.caption
  if (most === undefined || lengthIn(abilities.text.unit, text.text) > most) return messages
  applied.push({ rule: 'caption_joined' })
  return [[{ ...part, caption: { text: text.text, entities: text.entities } } as Part, ...media!.slice(1)]]
}

/** `(1/3)` at the end of each piece; its own length is known only when all are counted. */
function numbered(part: PartOf<'text'>, max: number, unit: Abilities['text']['unit']) {
  for (let digits = 1; ; digits++) {
    const mark = 4 + 2 * digits
    const pieces = splitRich(part, Math.max(1, max - mark), unit)
    if (max <= mark * 2) return splitRich(part, max, unit)
    if (String(pieces.length).length <= digits)
      return pieces.map((piece, index) => joinRich([piece, ` (${index + 1}/${pieces.length})`]))
  }
}

const place = (op: Op): Pick<Op, 'key' | 'chat' | 'to'> => ({
  key: op.key,
  ...(op.chat === undefined ? {} : { chat: op.chat }),
  ...(op.to === undefined ? {} : { to: op.to }),
})

/** The first op keeps the key; each further piece has its own, the same at every retry. */
function pieceKey(key: string, index: number): string {
  if (index === 0) return key
  const hex = createHash('sha256').update(`${key} ${index}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
