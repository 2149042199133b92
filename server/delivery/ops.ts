/** A delivery as ops of its network: what is to be done, where, shaped by what the network can do. Pure. */
import { fit, type Applied, type Moment, type Target } from '#connector-kit/fit/fit.ts'
import type { FileRef, Op, OpDo, Ref } from '#connector-kit/connector.ts'
import { wordsOf } from '#contract/message/content.ts'
import type { SendErrorCode, SendErrorDetails } from '#contract/message/send-errors.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { programClock } from '#server/platform/new-id.ts'
import type { Dispatch, NamedRef } from './sender.sql.ts'

export type Made =
  | { is: 'ops'; ops: Op[]; applied: Applied[] }
  | { is: 'cannot'; code: SendErrorCode; details: SendErrorDetails }

export interface Making {
  channel: LiveChannel
  dispatch: Dispatch
  /** Names of the messages it points at, on any channel; pieces in order. */
  refs: readonly NamedRef[]
  /** Of the piece that is to go. */
  key: string
  linkOf(file: FileRef): string | null
  /** Our page for the whole message; null: nobody outside can reach us. */
  page: string | null
}

export function opsOf(making: Making): Made {
  const { channel, dispatch, refs, key } = making
  const names = refs.filter((ref) => ref.message === dispatch.message && ref.channel === channel.id)
  if (dispatch.op !== 'message' && names.length === 0) return { is: 'cannot', code: 'gone', details: {} }
  // A thing taken back before it left is not sent any more.
  if (dispatch.op === 'message' && dispatch.deleted) return { is: 'cannot', code: 'cancelled', details: {} }
  const chat = dispatch.chat ?? undefined
  const where = { key, ...(chat === undefined ? { to: dispatch.externalId } : { chat }) }
  const op = { ...where, ...doOf(making, names) } as Op
  const moment: Moment = {
    now: programClock.now(),
    windowEnds: channel.windowSeconds === null ? null : (dispatch.windowUntil ?? new Date(0)),
    linkOf: making.linkOf,
    ...(making.page === null ? {} : { page: making.page }),
    ...(dispatch.answered
      ? { answered: { name: dispatch.answered.name, words: wordsOf(dispatch.answered.content) } }
      : {}),
    ...(names.length > 0 ? { target: targetOf(names, dispatch) } : {}),
  }
  const fitted = fit(op, channel.abilities, moment)
  if ('cannot' in fitted)
    return { is: 'cannot', code: fitted.cannot, details: fitted.field === undefined ? {} : { field: fitted.field } }
  return { is: 'ops', ops: fitted.ops, applied: fitted.applied }
}

/** What stands there, piece by piece: an album is one piece with several ids. */
function targetOf(names: NamedRef[], { sentAt, before, edits = 0 }: Dispatch): Target {
  const pieces = Map.groupBy(names, ({ piece }) => piece)
  return {
    sentAt,
    pieces: [...pieces.values()].map((refs) => refs.map(({ chat, id }) => ({ chat, id }))),
    ...(before ? { before } : {}),
    edits,
  }
}

function doOf({ channel, dispatch, refs }: Making, names: Ref[]): OpDo {
  const target = names[0]
  switch (dispatch.op) {
    case 'message': {
      const replied = refs.find((ref) => ref.message === dispatch.replyTo && ref.channel === channel.id)
      return {
        do: 'message',
        content: dispatch.content,
        origin: dispatch.message,
        ...(replied ? { replyTo: { chat: replied.chat, id: replied.id } } : {}),
        ...(dispatch.answers ? { answers: dispatch.answers } : {}),
        ...(dispatch.thread ? { thread: dispatch.thread } : {}),
        ...(dispatch.automatic ? { automatic: true } : {}),
      }
    }
    case 'edit':
      return { do: 'edit', target: target!, content: dispatch.body?.content ?? dispatch.content }
    case 'delete':
      return { do: 'delete', target: target!, forAll: true }
    case 'react':
      return { do: 'react', target: target!, emoji: dispatch.body?.emoji ?? [] }
  }
}
