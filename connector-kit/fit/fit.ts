/**
 * What a network cannot do is done otherwise, or refused aloud; never silently. Pure: the same op, abilities and moment give the same
 * ops. Called by `delivery` once the road is chosen, and by the composer's preview.
 *
 * window → operation → parts → choices → marks → length
 */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Content } from '#contract/message/content.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import type { FileRef, Op, Ref } from '../connector.ts'
import { fitDelete, fitEdit } from './changes.ts'
import { fitMessage } from './message.ts'
import { fitReaction } from './reaction.ts'

export interface Moment {
  now: Date
  /** When the network's window closes; null: it never opened; absent: the network has none. */
  windowEnds?: Date | null
  /** Our own page for a file that the network does not take; null: Parley has no public address. */
  linkOf(file: FileRef): string | null
  /** Our own page for this whole message; absent: there is none. */
  page?: string
  /** What the message answers, for networks where it never went, or which have no replies. */
  answered?: { name: string; words: string }
  /** What an edit, a deletion or a reaction points at, as it went out. */
  target?: Target
}

export interface Target {
  sentAt: Date | null
  /** Per piece the ids it became: an album is one piece with several. */
  pieces: Ref[][]
  /** What it said before this edit, if that is known. */
  before?: Content
  /** How often it was edited already. */
  edits?: number
}

/** One rule that changed something, in the words of the table of rules; kept with the delivery and shown as a badge. */
export interface Applied {
  rule: string
  part?: number
  before?: string
  after?: string
}

export type Fitted = { ops: Op[]; applied: Applied[] } | Cannot
/** `offers`: what a member may do instead. */
export type Cannot = { cannot: SendErrorCode; field?: string; offers: ('template' | 'wait' | 'other_road')[] }

export function fit(op: Op, abilities: Abilities, moment: Moment): Fitted {
  if (op.do === 'message' && isClosed(abilities, moment)) {
    const hasTemplates = abilities.window?.after === 'template'
    // The sender's own template passes; one that we chose never does.
    if (!hasTemplates || !op.content.parts.every((part) => part.kind === 'template'))
      return {
        cannot: 'window_closed',
        offers: [...(hasTemplates ? (['template'] as const) : []), 'wait', 'other_road'],
      }
  }
  switch (op.do) {
    case 'message':
      return fitMessage(op, abilities, moment)
    case 'edit':
      return fitEdit(op, abilities, moment)
    case 'delete':
      return fitDelete(op, abilities, moment)
    case 'react':
      return fitReaction(op, abilities)
    // Hints: where the network has none they are dropped, unrecorded.
    case 'read':
      return { ops: abilities.receipts?.markRead ? [op] : [], applied: [] }
    case 'typing':
      return { ops: abilities.typing?.out ? [op] : [], applied: [] }
    case 'answer':
      return { ops: abilities.choices ? [op] : [], applied: [] }
  }
}

/** Writing after it costs money where the network says `paid`, and is still possible. */
const isClosed = ({ window }: Abilities, { now, windowEnds }: Moment): boolean =>
  window !== undefined &&
  window.after !== 'paid' &&
  windowEnds !== undefined &&
  (windowEnds === null || windowEnds < now)
