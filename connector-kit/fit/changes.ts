/** Edits and deletions of what went out: there where the network lets us, else by a correction; else refused aloud. */
import { isDeepStrictEqual } from 'node:util'
import type { Abilities } from '#contract/message/abilities.ts'
import { isMedia, type Content, type Part, type Rich } from '#contract/message/content.ts'
import type { Op, Ref } from '../connector.ts'
import type { Fitted, Moment } from './fit.ts'
import { fitMessage, pieceKey, saying, type MessageOp } from './message.ts'
import { joinRich } from './text.ts'

type Edit = Extract<Op, { do: 'edit' }>
type Delete = Extract<Op, { do: 'delete' }>

export function fitEdit(op: Edit, abilities: Abilities, moment: Moment): Fitted {
  const pieces = moment.target?.pieces ?? [[op.target]]
  const fitted = fitMessage(asMessage(op, op.content), abilities, moment)
  if (!mayEdit(abilities, moment) || 'cannot' in fitted) return correction(op, abilities, moment)
  const wanted = fitted.ops as MessageOp[]
  if (wanted.length === 1 && pieces.length === 1 && pieces[0]!.length === wanted[0]!.content.parts.length) {
    const same = wanted[0]!.content === op.content
    const [ref] = pieces[0]!
    if (pieces[0]!.length === 1)
      return { ops: [same ? op : { ...op, content: wanted[0]!.content }], applied: fitted.applied }
    return { ops: editsOf(op, ref!, pieces[0]!, wanted[0]!.content.parts), applied: fitted.applied }
  }
  return editPieces(op, { pieces, wanted, abilities, moment })
}

/** It went out as several, or becomes several: changed pieces are edited, vanished ones deleted, new ones follow as a correction. */
function editPieces(
  op: Edit,
  { pieces, wanted, abilities, moment }: { pieces: Ref[][]; wanted: MessageOp[]; abilities: Abilities; moment: Moment },
): Fitted {
  const before = moment.target?.before && fitMessage(asMessage(op, moment.target.before), abilities, moment)
  const old = before && 'ops' in before ? (before.ops as MessageOp[]) : []
  const ops: Op[] = []
  for (const [index, refs] of pieces.entries()) {
    const there = wanted[index]?.content
    if (!there) {
      const gone = fitDelete({ ...op, do: 'delete', target: refs[0]!, forAll: true }, abilities, {
        ...moment,
        target: { sentAt: moment.target?.sentAt ?? null, pieces: [refs] },
      })
      if ('ops' in gone) ops.push(...gone.ops)
      continue
    }
    if (isDeepStrictEqual(there, old[index]?.content)) continue
    // A text cannot become a picture there.
    if (refs.length !== there.parts.length || isMedia(there.parts[0]!) !== isMediaPiece(old[index]))
      return correction(op, abilities, moment)
    ops.push(...editsOf(op, refs[0]!, refs, there.parts, there))
  }
  const more = wanted.slice(pieces.length).map(({ content }) => ({ ...place(op), do: 'message' as const, content }))
  return {
    ops: [...ops, ...more].map((each, index) => ({ ...each, key: pieceKey(op.key, index) })),
    applied: [{ rule: 'edit_pieces', before: String(pieces.length), after: String(wanted.length) }],
  }
}

const isMediaPiece = (piece: MessageOp | undefined): boolean => piece !== undefined && isMedia(piece.content.parts[0]!)

/** One edit per thing that stands there: items of an album have ids of their own. */
const editsOf = (op: Edit, first: Ref, refs: Ref[], parts: Part[], content?: Content): Edit[] =>
  refs.map((target, index) => ({
    ...op,
    key: pieceKey(op.key, index),
    target,
    content: refs.length === 1 && content ? content : { ...(target === first ? content : {}), parts: [parts[index]!] },
  }))

/** No edit there, too old, or too often: said anew, as a reply to it. */
function correction(op: Edit, abilities: Abilities, moment: Moment): Fitted {
  const words = wordsOf(op.content)
  const before = moment.target?.before && wordsOf(moment.target.before)
  const word = before && changedWord(before.text, words.text)
  const content = saying(word === undefined ? joinRich(['✎ ', words]) : { text: `* ${word}`, entities: [] })
  const answered = moment.answered ?? (before ? { name: '✎', words: before.text } : undefined)
  const fitted = fitMessage({ ...asMessage(op, content), replyTo: op.target }, abilities, {
    ...moment,
    ...(answered ? { answered } : {}),
  })
  return 'ops' in fitted ? { ops: fitted.ops, applied: [{ rule: 'edit_as_correction' }, ...fitted.applied] } : fitted
}

/** All words of a content as one text. */
function wordsOf({ parts }: Content): Rich {
  const said = parts.flatMap((part): Rich[] =>
    part.kind === 'text'
      ? [{ text: part.text, entities: part.entities }]
      : isMedia(part) && part.caption
        ? [part.caption]
        : [],
  )
  return joinRich(said.flatMap((rich, index) => (index === 0 ? [rich] : ['\n\n', rich])))
}

/** @returns the one word that is new, where all others stayed */
function changedWord(before: string, after: string): string | undefined {
  const [old, now] = [before, after].map((text) => text.split(/\s+/))
  if (old!.length !== now!.length || now!.length < 2) return undefined
  const changed = now!.filter((word, index) => word !== old![index])
  return changed.length === 1 ? changed[0] : undefined
}

export function fitDelete(op: Delete, abilities: Abilities, moment: Moment): Fitted {
  const targets = moment.target?.pieces.flat() ?? [op.target]
  if (abilities.delete?.out && isYoung(abilities.delete.within, moment)) {
    if (targets.length === 1) return { ops: [op], applied: [] }
    return { ops: targets.map((target, index) => ({ ...op, key: pieceKey(op.key, index), target })), applied: [] }
  }
  if (mayEdit(abilities, moment)) {
    const content = saying({ text: '(deleted)', entities: [] })
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
  return { cannot: abilities.delete?.out ? 'too_old' : 'refused', field: 'delete', offers: [] }
}

const isYoung = (within: number | undefined, { now, target }: Moment): boolean =>
  within === undefined || !target?.sentAt || now.getTime() - target.sentAt.getTime() <= within * 1000

const mayEdit = ({ edit }: Abilities, moment: Moment): boolean =>
  edit?.out !== undefined &&
  isYoung(edit.within, moment) &&
  (edit.times === undefined || (moment.target?.edits ?? 0) < edit.times)

const place = (op: Op): Pick<Op, 'key' | 'chat' | 'to'> => ({
  key: op.key,
  ...(op.chat === undefined ? {} : { chat: op.chat }),
  ...(op.to === undefined ? {} : { to: op.to }),
})

const asMessage = (op: Edit, content: Content): MessageOp => ({ ...place(op), do: 'message', content })
