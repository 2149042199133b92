/**
 * One golden: its first half is given to the connector, its second half is what came out. Pure functions stay pure here: inputs are
 * frozen, everything runs twice and must come out the same.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Connector, Context, Event, Incoming, Json, Op, Opened, Plan, Reply, Request } from '../connector.ts'
import { perform, WireBroken } from '../perform.ts'
import { ApiChanged, SendError } from '../send-error.ts'
import {
  goldenContext,
  keyOf,
  webhookRequestOf,
  type GoldenAccount,
  type GoldenRequest,
  type GoldenSituation,
} from './golden-world.ts'

/** One case of `testdata/incoming.json`. */
export type IncomingGolden = GoldenSituation & {
  /** Why this label cannot happen on this network; nothing else stands in the case then. */
  never?: string
  /** What the platform posts; connectors with a line give the `event` that their line hands over. */
  request?: GoldenRequest
  event?: Event
} & Partial<IncomingOutcome>

export interface IncomingOutcome {
  /** Keys and lanes of the events; or the refusal, the answer, the upload. */
  opened?: Json
  incoming?: Json
  error?: GoldenError
}

/** One case of `testdata/outgoing.json`: an op, or a question of `asks`. */
export type OutgoingGolden = GoldenSituation & {
  never?: string
  op?: Omit<Op, 'key'> & { key?: string }
  ask?: string
  args?: Json[]
  /** In the order of the requests; values to keep and entries of streams need none. */
  replies?: GoldenReply[]
} & Partial<OutgoingOutcome>

export type GoldenReply =
  | { status?: number; headers?: Record<string, string>; body?: Json }
  /** The wire breaks: before, or after a byte was written. */
  | { broken: 'before' | 'after' }

export interface OutgoingOutcome {
  requests?: Json
  sent?: Json
  told?: Json
  error?: GoldenError
}

export interface GoldenError {
  name?: string
  code?: string
  details?: Json
}

// ---------------------------------------------------------------- in

export async function runIncoming(
  connector: Connector,
  account: GoldenAccount,
  golden: IncomingGolden,
): Promise<IncomingOutcome> {
  const c = frozen(goldenContext(golden, account, (settings) => connector.settings.parse(settings)))
  if (golden.event) return incomingOf(connector, [asJournaled(golden.event)], c)
  const { open } = connector.webhook ?? {}
  if (!golden.request || !open) throw new Error(`"${golden.label}" has neither a request nor an event`)
  const opened = same(golden.label, 'open', () => open(webhookRequestOf(golden.label, golden.request!), c))
  if (!('events' in opened)) return { opened: plainOf(opened) }
  const { events, ...more } = opened
  const shown = events.map(({ body: _, ...event }) => event)
  const outcome = await incomingOf(connector, events.map(asJournaled), c)
  return { opened: plainOf(Object.keys(more).length > 0 ? { events: shown, ...more } : shown), ...outcome }
}

async function incomingOf(connector: Connector, events: Event[], c: Context<unknown>): Promise<IncomingOutcome> {
  try {
    const told: Incoming[] = []
    for (const event of events) {
      const first = await connector.incoming(frozen(structuredClone(event)), c)
      const second = await connector.incoming(frozen(structuredClone(event)), c)
      if (!isDeepStrictEqual(plainOf(first), plainOf(second))) throw new Error('incoming told two things of one event')
      told.push(...first)
    }
    return { incoming: plainOf(told) }
  } catch (error) {
    // Anything else would be our fault.
    if (error instanceof ApiChanged) return { error: errorOf(error) }
    throw error
  }
}

/** An event lives in the journal as JSON. */
function asJournaled(event: Event): Event {
  const through = plainOf(event) as Event
  if (!isDeepStrictEqual(through, { ...event })) throw new Error(`the event ${event.key} is not plain JSON`)
  return through
}

// ---------------------------------------------------------------- out

export async function runOutgoing(
  connector: Connector,
  account: GoldenAccount,
  golden: OutgoingGolden,
): Promise<OutgoingOutcome> {
  const c = frozen(goldenContext(golden, account, (settings) => connector.settings.parse(settings)))
  const op = golden.op && frozen({ key: keyOf(golden.label), ...golden.op } as Op)
  const plan = (): Plan<unknown> => (op ? connector.outgoing(op, c) : askOf(connector, golden, c))
  const first = await runPlan(plan(), golden)
  if (!isDeepStrictEqual(first, await runPlan(plan(), golden))) throw new Error('the same plan ran in two ways')
  if (op) countFinals(op, first.requests as Request[], first.error === undefined)
  const { value, ...outcome } = first
  return { ...outcome, ...(outcome.error ? {} : op ? { sent: value } : { told: value }) }
}

function askOf(connector: Connector, { ask, args = [] }: OutgoingGolden, c: Context<unknown>): Plan<unknown> {
  const asked = (connector.asks as unknown as Record<string, ((...all: unknown[]) => Plan<unknown>) | undefined>)[
    ask ?? ''
  ]
  if (!asked) throw new Error(`there is no question "${ask}"`)
  return asked(...args, c)
}

async function runPlan(plan: Plan<unknown>, { label, replies = [] }: OutgoingGolden) {
  const requests: Request[] = []
  const left = [...replies]
  const wire = async (request: Request): Promise<Reply> => {
    requests.push(plainOf(request) as Request)
    if (request.via === 'keep' || request.via === 'socket') return { status: 200, headers: {}, body: null, text: '' }
    const prepared = left.shift()
    if (!prepared) throw new Error(`"${label}": no reply is prepared for ${JSON.stringify(request)}`)
    if ('broken' in prepared)
      throw new WireBroken(`broken ${prepared.broken} it was written`, prepared.broken === 'after')
    const { status = 200, headers = {}, body = '' } = prepared
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { status, headers, body: typeof body === 'string' ? undefined : structuredClone(body), text }
  }
  const outcome = await perform(plan, wire).then(
    (value): { value?: Json; error?: GoldenError } => ({ value: plainOf(value) }),
    (error: unknown): { value?: Json; error?: GoldenError } => ({ error: errorOf(error) }),
  )
  if (left.length > 0) throw new Error(`"${label}": ${left.length} prepared replies were not asked for`)
  return { requests: requests as Json, ...outcome }
}

/** What a repeat would double is marked, once; what it would not double is not. */
function countFinals(op: Op, requests: Request[], wentWell: boolean): void {
  const finals = requests.filter((request) => request.final).length
  const toPlatform = requests.filter((request) => request.via === 'http' || request.via === 'line').length
  if (finals > 1) throw new Error(`${finals} requests of one plan are final`)
  if (op.do !== 'message' && finals > 0)
    throw new Error(`a repeated "${op.do}" is not seen twice: nothing in it is final`)
  if (op.do === 'message' && finals === 0 && wentWell && toPlatform > 0)
    throw new Error('a message went out, and no request of it is final')
}

// ---------------------------------------------------------------- both

function errorOf(error: unknown): GoldenError {
  if (error instanceof SendError) return { code: error.code, details: plainOf(error.details) }
  if (error instanceof ApiChanged || error instanceof WireBroken) return { name: error.name, details: error.message }
  throw error
}

function same(label: string, what: string, work: () => Opened): Opened {
  const first = work()
  if (!isDeepStrictEqual(first, work())) throw new Error(`"${label}": ${what} is not pure`)
  return first
}

export const plainOf = (value: unknown): Json => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

/** Whoever changes what he was given is found out. Dates and functions stay as they are. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}
