/**
 * What a connector claims, one line each, and which golden keeps it. A claim is kept by what came out of a golden, not by its label:
 * "image out" by an op with an image that ended well.
 */
import type { Connector, Incoming, Op } from '../connector.ts'
import type { Refusals } from '../refusals.ts'
import { isMedia, MEDIA_KINDS, type Content, type PartKind } from '#contract/message/content.ts'
import type { Both } from '#contract/message/abilities.ts'
import type { IncomingGolden } from './golden-run.ts'
import type { Goldens } from './read-goldens.ts'

export interface Claim {
  name: string
  isKept(goldens: Goldens): boolean
}

// oxlint-disable-next-line typescript/no-explicit-any -- a table of refusals is typed by its own answers
export type SomeRefusals = readonly Refusals<any>[]

/** In the order of the abilities table; then the questions, the oddities, the refusals. */
export const claimsOf = (connector: Connector, refusals: SomeRefusals = []): Claim[] => [
  ...abilityClaims(connector),
  ...askClaims(connector),
  ...oddities(connector),
  ...refusals.flatMap((table) => refusalClaims(table)),
]

// ---------------------------------------------------------------- abilities

function abilityClaims({ abilities, manifest }: Connector): Claim[] {
  const { text, media = {}, parts = {}, choices = {}, receipts = {} } = abilities
  return [
    told(
      'text in',
      messageWith((content) => hasPart(content, 'text')),
    ),
    did(
      'text out',
      messageOp((content) => hasPart(content, 'text')),
    ),
    ...Object.keys(text.marks).map((mark) =>
      did(
        `${mark} out`,
        messageOp(({ parts: all }) => JSON.stringify(all).includes(`"kind":"${mark}"`)),
      ),
    ),
    ...MEDIA_KINDS.flatMap((kind) => bothWays(kind, media[kind], partWays(kind))),
    ...MEDIA_KINDS.filter((kind) => media[kind]?.album !== undefined && media[kind].out).map((kind) =>
      did(
        `album of ${kind} out`,
        messageOp((content) => content.parts.filter((part) => part.kind === kind).length > 1),
      ),
    ),
    ...(hearsAlbums(media) ? [told('album in', isAlbum)] : []),
    ...(['location', 'contact', 'poll', 'order', 'call'] as const).flatMap((kind) =>
      bothWays(kind, parts[kind], partWays(kind)),
    ),
    ...(['buttons', 'keyboard', 'list'] as const)
      .filter((kind) => choices[kind])
      .map((kind) =>
        did(
          `${kind} out`,
          messageOp((content) => content.choices?.as === kind),
        ),
      ),
    ...(choices.buttons || choices.list
      ? [
          told('press in', (incoming) => incoming.is === 'press'),
          did('answer to a press out', (op) => op.do === 'answer'),
        ]
      : []),
    ...bothWays('subject', abilities.subject, [
      messageWith((content) => content.subject !== undefined),
      messageOp((content) => content.subject !== undefined),
    ]),
    ...bothWays('copies', abilities.copies, [
      messageWith((content) => content.cc !== undefined),
      messageOp((content) => content.cc !== undefined),
    ]),
    ...bothWays('reply', abilities.reply, [
      (incoming) => incoming.is === 'message' && incoming.replyTo !== undefined,
      (op) => op.do === 'message' && op.replyTo !== undefined,
    ]),
    ...bothWays('thread', abilities.thread, [
      (incoming) => incoming.is === 'message' && incoming.thread !== undefined,
      (op) => op.do === 'message' && op.thread !== undefined,
    ]),
    ...(abilities.groups
      ? [told('group in', (incoming) => incoming.is === 'message' && incoming.group !== undefined)]
      : []),
    ...bothWays('edit', abilities.edit, [(incoming) => incoming.is === 'edit', (op) => op.do === 'edit']),
    ...bothWays('delete', abilities.delete, [(incoming) => incoming.is === 'delete', (op) => op.do === 'delete']),
    ...bothWays('reaction', abilities.reaction, [
      (incoming) => incoming.is === 'reaction',
      (op) => op.do === 'react' && op.emoji.length > 0,
    ]),
    ...(abilities.reaction?.out
      ? [did('reaction taken back', (op) => op.do === 'react' && op.emoji.length === 0)]
      : []),
    ...(receipts.delivered ? [told('delivered in', isStatus('delivered'))] : []),
    ...(receipts.read ? [told('read in', isStatus('read'))] : []),
    ...(receipts.markRead ? [did('read out', (op) => op.do === 'read')] : []),
    ...bothWays('typing', abilities.typing, [(incoming) => incoming.is === 'typing', (op) => op.do === 'typing']),
    ...(abilities.echo
      ? [
          told(
            'echo in',
            (incoming) => incoming.is === 'message' && (incoming.by.self === true || incoming.echoOf !== undefined),
          ),
        ]
      : []),
    ...(abilities.persona ? [did('persona out', (op) => op.do === 'message' && op.as !== undefined)] : []),
    ...(manifest.links?.token
      ? [told('proof token in', (incoming) => 'token' in incoming && incoming.token !== undefined)]
      : []),
  ]
}

export const hearsAlbums = (media: NonNullable<Connector['abilities']['media']>): boolean =>
  media.image?.in !== undefined && media.image.album !== undefined

/** Whole, or one item of it: whoever tells items names the album that they share. */
export const isAlbum = (incoming: Incoming): boolean =>
  incoming.is === 'message' && (incoming.album !== undefined || incoming.content.parts.filter(isMedia).length > 1)

type Tells = (incoming: Incoming) => boolean
type Does = (op: Op) => boolean

const told = (name: string, isIt: Tells): Claim => ({
  name,
  isKept: ({ incoming }) => incoming.some((golden) => tellsOf(golden).some(isIt)),
})

const did = (name: string, isIt: Does): Claim => ({
  name,
  isKept: ({ outgoing }) => outgoing.some(({ op, sent }) => op !== undefined && sent !== undefined && isIt(op as Op)),
})

/** What came of it. */
export const tellsOf = ({ incoming }: IncomingGolden): Incoming[] => (incoming ?? []) as Incoming[]

function bothWays(name: string, both: Both | undefined, [tells, does]: readonly [Tells, Does]): Claim[] {
  return [...(both?.in ? [told(`${name} in`, tells)] : []), ...(both?.out ? [did(`${name} out`, does)] : [])]
}

const partWays = (kind: PartKind) =>
  [messageWith((content) => hasPart(content, kind)), messageOp((content) => hasPart(content, kind))] as const

const hasPart = ({ parts }: Content, kind: PartKind) => parts.some((part) => part.kind === kind)
const messageWith =
  (isIt: (content: Content) => boolean): Tells =>
  (incoming) =>
    incoming.is === 'message' && isIt(incoming.content)
const messageOp =
  (isIt: (content: Content) => boolean): Does =>
  (op) =>
    op.do === 'message' && isIt(op.content)
const isStatus =
  (state: string): Tells =>
  (incoming) =>
    incoming.is === 'status' && incoming.state === state

// ---------------------------------------------------------------- questions

const ASKS = ['me', 'file', 'register', 'unregister', 'profile', 'resolve', 'history', 'keys'] as const

const askClaims = ({ asks }: Connector): Claim[] =>
  ASKS.filter((name) => asks[name]).map((name) => ({
    name: `asks.${name}`,
    isKept: ({ outgoing }) => outgoing.some((golden) => golden.ask === name && golden.error === undefined),
  }))

// ---------------------------------------------------------------- oddities

/** Each by its label, and by what must come of it; `never` says why a network cannot have it. */
function oddities({ webhook }: Connector): Claim[] {
  const odd = (label: string, isSo: (golden: IncomingGolden, all: IncomingGolden[]) => boolean): Claim => ({
    name: label,
    isKept: ({ incoming }) =>
      incoming.some(
        (golden) => golden.label.startsWith(label) && (golden.never !== undefined || isSo(golden, incoming)),
      ),
  })
  const isShown = (golden: IncomingGolden) =>
    tellsOf(golden).some(
      (incoming) =>
        incoming.is === 'unknown' ||
        (incoming.is === 'message' && incoming.content.parts.some((part) => part.kind === 'unknown')),
    )
  return [
    odd('unknown kind', isShown),
    // A letter without a word is a letter all the same.
    odd('empty', (golden) => isShown(golden) || tellsOf(golden).some(({ is }) => is === 'message')),
    ...(webhook ? [odd('wrong signature', ({ opened }) => /"refuse":40[134]/.test(JSON.stringify(opened) ?? ''))] : []),
    odd('batch', (golden) => keysOf(golden).length > 1),
    odd('repeated', (golden, all) =>
      all.some((other) => other !== golden && keysOf(other).some((key) => keysOf(golden).includes(key))),
    ),
    // Written out in the raw body, and found again digit by digit.
    odd('integer over 2^53', (golden) => {
      const digits = /(?<![\d.])\d{17,}(?![\d.])/.exec(JSON.stringify(golden.request ?? golden.event))?.[0]
      return digits !== undefined && JSON.stringify(golden.incoming).includes(digits)
    }),
  ]
}

/** Of its events. */
const keysOf = ({ opened, event }: IncomingGolden): string[] => {
  if (event) return [event.key]
  const events = Array.isArray(opened) ? opened : ((opened as { events?: unknown[] } | undefined)?.events ?? [])
  return (events as { key: string }[]).map(({ key }) => key)
}

// ---------------------------------------------------------------- refusals

/** A row is kept by a golden that ended with its code, after an answer that the row speaks of. */
const refusalClaims = (table: SomeRefusals[number]): Claim[] =>
  table.map(([code, words, ours]) => {
    const codes = (Array.isArray(code) ? code : [code]) as (number | string)[]
    return {
      name: `refusal ${codes.join('/')}${words ? ` ${words.source}` : ''} → ${ours}`,
      isKept: ({ outgoing }) =>
        outgoing.some(({ error, replies }) => {
          const said = error?.code === ours ? JSON.stringify(replies?.at(-1) ?? {}) : undefined
          if (said === undefined) return false
          const told = (error!.details as { words?: string } | undefined)?.words ?? ''
          return codes.some((each) => each === '*' || said.includes(String(each))) && (!words || words.test(told))
        }),
    }
  })
