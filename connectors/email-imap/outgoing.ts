/** One op → one letter. Pure: `fit` has already cut the content to what the abilities allow, and parts stay together. */
import type { Context, Op, OpDo, Plan, Sent } from '#connector-kit/connector.ts'
import { isMedia, type Content } from '#contract/message/content.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { refusalOf } from '#connector-kit/refusals.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { addressIn, addressOf, domainOf } from './addresses.ts'
import { SmtpAnswer, type Frame, type OutgoingLetter } from './frames.ts'
import { letterId, placeOf } from './names.ts'
import { REFUSALS } from './refusals.ts'
import { htmlOf, plainOf } from './rich-html.ts'
import type { Settings } from './settings.ts'

export function* outgoing(op: Op, c: Context<Settings>): Plan<Sent> {
  switch (op.do) {
    case 'message':
      return yield* send(op, c)
    // Mail has none of these; the abilities say so.
    case 'edit':
    case 'delete':
    case 'react':
      throw new SendError('refused', { words: 'a letter cannot be changed once it is sent' })
    case 'read':
    case 'typing':
    case 'answer':
      return { ids: [] }
  }
}

type MessageOp = Op & Extract<OpDo, { do: 'message' }>

function* send(op: MessageOp, c: Context<Settings>): Plan<Sent> {
  const letter = letterFrom(op, c)
  const reply = yield { via: 'line', frame: { do: 'send', key: op.key, letter } satisfies Frame, final: true }
  const answer = SmtpAnswer.parse(reply.body)
  if (answer.code !== 250) {
    const refused = refusalOf(REFUSALS, answer, answer)
    throw letter.writtenFor === undefined ? refused : elsewhere(refused)
  }
  return { ids: [letter.id, ...(answer.renamed ? [answer.renamed] : [])], chat: chatOf(op) }
}

/** What an address refuses that somebody named in his place says nothing of himself. */
const elsewhere = ({ code, details }: SendError): SendError =>
  new SendError(verdictOf(code).marks === undefined ? code : 'refused', details)

function letterFrom(op: MessageOp, c: Context<Settings>): OutgoingLetter {
  const { content, answers } = op
  const chat = chatOf(op)
  const own = addressIn(addressOf(chat))
  if (own === null) throw new SendError('no_such_identity', { words: `${addressOf(chat)} is no address` })
  // What somebody asked counts for letters to himself: the message may be sent again to another address.
  const to = (content.answersTo?.of === own ? addressIn(content.answersTo.to) : null) ?? own
  const parent = op.replyTo?.id ?? answers?.ref.id
  const text = content.parts.flatMap((part) =>
    part.kind === 'text' ? [part] : isMedia(part) && part.caption ? [part.caption] : [],
  )
  return {
    id: letterId(c.secret, op.origin ?? op.key, placeOf(chat, to), domainOf(c.settings.address)),
    from: { address: c.settings.address, name: op.as?.name ?? c.settings.name ?? '' },
    to,
    ...(to === own ? {} : { writtenFor: own }),
    cc: addressesIn(content.cc),
    bcc: addressesIn(content.bcc),
    subject: content.subject ?? (answers?.subject ? asAnswer(answers.subject) : ''),
    ...(parent ? { inReplyTo: parent } : {}),
    // RFC 5322 §3.6.4, shortened to where the thread began and what is answered.
    references: parent ? [...new Set([op.thread ?? answers?.thread ?? parent, parent])] : [],
    date: c.now.toUTCString(),
    text: text.map(plainOf).join('\n\n'),
    html: text.map((each) => `<div>${htmlOf(each)}</div>`).join('<br>\n'),
    files: filesIn(content),
    automatic: op.automatic ?? false,
  }
}

/** The chat with a person is named like the person. */
function chatOf({ chat, to }: Op): string {
  const place = chat ?? to
  if (place === undefined) throw new SendError('bug', { words: 'an op without a place' })
  return place
}

function addressesIn(given: readonly string[] | undefined): string[] {
  return (given ?? []).map((each) => {
    const address = addressIn(each)
    if (address === null) throw new SendError('content_refused', { field: 'cc', words: `${each} is no address` })
    return address
  })
}

const filesIn = (content: Content): OutgoingLetter['files'] =>
  content.parts.filter(isMedia).map(({ source, type, name, cid }) => ({
    source,
    type,
    ...(name ? { name } : {}),
    ...(cid ? { cid } : {}),
  }))

/** Re:, AW:, Ответ: … stand once. */
const asAnswer = (subject: string): string =>
  /^(re|aw|sv|antw|ответ)(\[\d+\])?\s*:/iu.test(subject) ? subject : `Re: ${subject}`
