/** A message: its parts, offers and words as the network has them, cut into one visible thing per op. */
import { createHash } from 'node:crypto'
import type { Abilities } from '#contract/message/abilities.ts'
import { isMedia, type Content, type Part, type PartOf, type Rich } from '#contract/message/content.ts'
import type { Op } from '../connector.ts'
import { fitChoices } from './choices.ts'
import type { Applied, Fitted, Moment } from './fit.ts'
import { fitMarks } from './marks.ts'
import { fitParts } from './parts.ts'
import { piecesOf } from './pieces.ts'
import { joinRich, plainSlice } from './text.ts'

export type MessageOp = Extract<Op, { do: 'message' }>

export function fitMessage(op: MessageOp, abilities: Abilities, moment: Moment): Fitted {
  const { content } = op
  // Somebody would not get it, and nobody would know.
  if ((content.cc?.length || content.bcc?.length) && !abilities.copies?.out)
    return { cannot: 'content_refused', field: 'copies', offers: ['other_road'] }
  const parts = fitParts(content.parts, abilities, moment)
  if ('cannot' in parts) return parts
  const choices = fitChoices(content.choices, abilities)
  const applied = [...parts.applied, ...choices.applied]
  const begun = begin(op, parts.parts, { abilities, moment, applied })
  const ended = choices.lines.length > 0 ? endWith(begun.parts, `\n\n${choices.lines.join('\n')}`) : begun.parts
  const marked = ended.map((part, index) => withMarks(part, index, abilities, applied))
  const { pieces, applied: cuts } = piecesOf(marked, {
    abilities,
    page: moment.page,
    hasChoices: choices.choices !== undefined,
  })
  applied.push(...cuts)
  if (pieces.length === 0) return { cannot: 'content_refused', field: 'parts', offers: [] }
  if (applied.length === 0 && pieces.length === 1) return { ops: [op], applied }
  const { replyTo, thread, as, content: _, ...rest } = { ...op, ...begun.op }
  return {
    applied,
    ops: pieces.map((some, index) => ({
      ...rest,
      ...(as ? { as } : {}),
      ...(thread ? { thread } : {}),
      ...(replyTo && index === 0 ? { replyTo } : {}),
      key: pieceKey(op.key, index),
      content: {
        ...(content.cc ? { cc: content.cc } : {}),
        ...(content.bcc ? { bcc: content.bcc } : {}),
        ...(content.answersTo ? { answersTo: content.answersTo } : {}),
        ...(begun.subject === undefined ? {} : { subject: begun.subject }),
        parts: some,
        // They stand under the last words.
        ...(choices.choices && index === pieces.length - 1 ? { choices: choices.choices } : {}),
      },
    })),
  }
}

interface Beginning {
  abilities: Abilities
  moment: Moment
  applied: Applied[]
}

/** What stands around a message where the network has a place for it, and before its words where it has none: quote, name, subject. */
function begin(op: MessageOp, given: Part[], { abilities, moment, applied }: Beginning) {
  let parts = given
  const changed: { replyTo: MessageOp['replyTo']; thread: MessageOp['thread']; as: MessageOp['as'] } = {
    replyTo: op.replyTo,
    thread: op.thread,
    as: op.as,
  }
  let { subject } = op.content
  if (subject && !abilities.subject?.out) {
    parts = beginWith(parts, `${subject}\n\n`)
    applied.push({ rule: 'subject_as_line' })
    subject = undefined
  }
  if (op.as && !abilities.persona) {
    parts = beginWith(parts, `${op.as.name}: `)
    applied.push({ rule: 'persona_as_prefix' })
    changed.as = undefined
  }
  const isPossible = op.replyTo !== undefined && abilities.reply?.out !== undefined
  if (!isPossible && (op.replyTo !== undefined || moment.answered !== undefined)) {
    changed.replyTo = undefined
    if (op.replyTo && abilities.thread?.out && op.thread === undefined) {
      changed.thread = op.replyTo.id
      applied.push({ rule: 'reply_as_thread' })
    } else if (moment.answered) {
      parts = beginWith(parts, `${quoteOf(moment.answered)}\n`)
      applied.push({ rule: 'reply_as_quote' })
    } else applied.push({ rule: 'reply_as_quote', after: 'nothing is known of it' })
  }
  return { parts, subject, op: changed }
}

const QUOTED = 60

/** `> Ann: first 60 characters` */
function quoteOf({ name, words }: NonNullable<Moment['answered']>): string {
  const line = words.replaceAll(/\s+/g, ' ').trim()
  const short = plainSlice(line, QUOTED)
  return `> ${name}: ${short}${short.length < line.length ? '…' : ''}`
}

function withMarks(part: Part, index: number, abilities: Abilities, applied: Applied[]): Part {
  const rich = part.kind === 'text' ? part : isMedia(part) ? part.caption : undefined
  if (!rich) return part
  const fitted = fitMarks(rich, abilities.text.marks)
  if (fitted.rich === rich) return part
  applied.push(...fitted.rules.map((rule) => ({ rule, part: index })))
  return part.kind === 'text' ? { ...part, ...fitted.rich } : ({ ...part, caption: fitted.rich } as Part)
}

// ---------------------------------------------------------------- words before and after

const beginWith = (parts: Part[], words: string): Part[] =>
  changeWords(parts, 'first', (rich) => joinRich([words, rich]))
const endWith = (parts: Part[], words: string): Part[] => changeWords(parts, 'last', (rich) => joinRich([rich, words]))

/** Changes the first, or the last, words of a message: of a text, else of a caption; where there are none they become a text. */
function changeWords(parts: Part[], which: 'first' | 'last', change: (rich: Rich) => Rich): Part[] {
  const find = which === 'first' ? 'findIndex' : 'findLastIndex'
  const index = parts[find]((part) => part.kind === 'text' || (isMedia(part) && part.caption !== undefined))
  const at = parts[index]
  if (at?.kind === 'text') return parts.with(index, { kind: 'text', ...change(richOf(at)) })
  if (at && isMedia(at) && at.caption) return parts.with(index, { ...at, caption: change(at.caption) } as Part)
  const { text, entities } = change({ text: '', entities: [] })
  const words: PartOf<'text'> = { kind: 'text', text: text.trim(), entities }
  return which === 'first' ? [words, ...parts] : [...parts, words]
}

const richOf = ({ text, entities }: PartOf<'text'>): Rich => ({ text, entities })

/** The first op keeps the key; each further piece has its own, the same at every retry. */
export function pieceKey(key: string, index: number): string {
  if (index === 0) return key
  const hex = createHash('sha256').update(`${key} ${index}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A content of these words alone, as a correction or a mark of deletion. */
export const saying = (rich: Rich): Content => ({ parts: [{ kind: 'text', ...rich }] })
