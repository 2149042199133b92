/**
 * A connector that works as before and tells what passed through it: requests of webhooks, events of polls and lines, plans with the
 * platform's replies.
 */
import type { Connector, Context, Event, Json, Op, Plan, Reply, WebhookRequest } from '../connector.ts'
import type { GoldenReply } from '../conformance/golden-run.ts'
import type { GoldenRequest } from '../conformance/golden-world.ts'

export type Taped = { at: Date } & (
  | { is: 'request'; request: GoldenRequest; events: Event[] }
  | { is: 'event'; event: Event }
  | { is: 'plan'; op?: Op; ask?: string; args?: Json[]; kept: Record<string, string>; replies: GoldenReply[] }
)

/** @param hears  the events of a webhook are told with their requests; those of polls and lines by themselves */
export function taping(connector: Connector, hears: 'requests' | 'events', tell: (taped: Taped) => void): Connector {
  const { webhook, asks } = connector
  return {
    ...connector,
    incoming: (event, c) => {
      if (hears === 'events') tell({ is: 'event', at: c.now, event })
      return connector.incoming(event, c)
    },
    outgoing: (op, c) => tapedPlan(connector.outgoing(op, c), { op }, c, tell),
    asks: Object.fromEntries(
      Object.entries(asks).map(([ask, question]) => [
        ask,
        (...args: unknown[]) => {
          const c = args.at(-1) as Context<unknown>
          const plan = (question as (...all: unknown[]) => Plan<unknown>)(...args)
          return tapedPlan(plan, { ask, args: args.slice(0, -1) }, c, tell)
        },
      ]),
    ) as unknown as Connector['asks'],
    ...(webhook
      ? {
          webhook: {
            ...webhook,
            open: (request: WebhookRequest, c: Context<unknown>) => {
              const read = new Set<string>()
              const opened = webhook.open({ ...request, headers: watched(request.headers, read) }, c)
              // A stranger's knock, or our own question: nothing of the platform's.
              if ('events' in opened)
                tell({ is: 'request', at: c.now, request: requestOf(request, read), events: opened.events })
              return opened
            },
          },
        }
      : {}),
  }
}

function* tapedPlan<T>(
  plan: Plan<T>,
  what: { op: Op } | { ask: string; args: Json[] },
  { now: at, kept }: Context<unknown>,
  tell: (taped: Taped) => void,
): Plan<T> {
  const replies: GoldenReply[] = []
  try {
    let step = plan.next()
    while (!step.done) {
      const request = step.value
      const reply: Reply = yield request
      // Those of values to keep are ours.
      if (request.via === 'http' || request.via === 'line') replies.push(replyOf(reply))
      step = plan.next(reply)
    }
    return step.value
  } finally {
    tell({ is: 'plan', at, ...what, kept, replies })
  }
}

/** Of the headers only what connectors look at: lengths, waits, marks of their own. */
function replyOf({ status, headers, body, text }: Reply): GoldenReply {
  const telling = Object.entries(headers).filter(([name]) =>
    /^(retry-after|x-(?!request-id|amz|served|cache)|location)/.test(name),
  )
  return {
    status,
    ...(telling.length > 0 ? { headers: Object.fromEntries(telling) } : {}),
    body: body === undefined ? text : body,
  }
}

function requestOf({ method, path, query, headers, bytes }: WebhookRequest, read: Set<string>): GoldenRequest {
  const text = new TextDecoder().decode(bytes)
  const kept = Object.entries(headers).filter(([name]) => read.has(name))
  return {
    ...(method === 'POST' ? {} : { method }),
    ...(path === '' ? {} : { path }),
    ...(Object.keys(query).length > 0 ? { query } : {}),
    ...(kept.length > 0 ? { headers: Object.fromEntries(kept) } : {}),
    body: jsonOf(text),
  }
}

/** As JSON where it says the same: numbers that JavaScript cannot hold keep their bytes. */
function jsonOf(text: string): Json {
  if (/\d{16}/.test(text)) return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** What between us and the platform was added (addresses of people and proxies) is read by nobody, so it is not kept. */
const watched = (headers: Record<string, string>, read: Set<string>): Record<string, string> =>
  new Proxy(headers, {
    get: (target, name) => {
      if (typeof name === 'string') read.add(name)
      return Reflect.get(target, name) as unknown
    },
  })
