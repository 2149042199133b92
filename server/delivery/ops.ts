/** A delivery as ops of its network: what is to be done, where, shaped by what the network can do. Pure. */
import { fit, type Applied, type Moment } from '#connector-kit/fit/fit.ts'
import type { FileRef, Op, OpDo, Ref } from '#connector-kit/connector.ts'
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
  refs: NamedRef[]
  /** Of the piece that is to go. */
  key: string
  linkOf(file: FileRef): string
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
    ...(names.length > 0
      ? { target: { sentAt: dispatch.sentAt, pieces: names.map(({ chat: place, id }) => ({ chat: place, id })) } }
      : {}),
  }
  const fitted = fit(op, channel.abilities, moment)
  if ('cannot' in fitted) return { is: 'cannot', code: fitted.cannot, details: {} }
  return { is: 'ops', ops: fitted.ops, applied: fitted.applied }
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
