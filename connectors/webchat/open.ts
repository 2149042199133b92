/**
 * A request of a visitor's browser: whose site → whose session → what it says. Frames come by socket; where sockets are blocked, the
 * same frames come by POST and the entries by a poll. A session's secret stands in the first frame or in a header, never in an address.
 */
import { createHash } from 'node:crypto'
import type { Context, Event, Json, Opened, WebhookRequest } from '#connector-kit/connector.ts'
import { isMedia } from '#contract/message/content.ts'
import { actIn, VisitorFrame } from '#contract/visitor.ts'
import { VISITOR_FILE_BYTES, type ServerFrame } from '#contract/visitor-talk.ts'
import { configOf } from './config.ts'
import type { ActBody, SignedInBody } from './events.ts'
import { customerOf } from './identity.ts'
import { isAllowed } from './origins.ts'
import { issue, newVisitor, sessionOf, signedIn, type Session } from './sessions.ts'
import type { Settings } from './settings.ts'

type Ask = Context<Settings> & { secret: string }

/** How much of the past a browser gets when it comes without a cursor. */
const PAST = 300

export function open(request: WebhookRequest, c: Ask): Opened {
  const { origin } = request.headers
  if (!isAllowed(origin, c.settings.origins)) return { refuse: 403 }
  // Without a secret of the channel every token would be forgeable.
  if (!c.secret) return { refuse: 401 }
  if (request.method === 'SOCKET') return bySocket(request, c)
  const headers = { 'access-control-allow-origin': origin!, vary: 'origin' }
  return { ...byHttp(request, c), headers }
}

function bySocket(request: WebhookRequest, c: Ask): Opened {
  const frame = frameIn(request.bytes)
  if (!frame) return unreadable(request.bytes)
  if (frame.t === 'hello') {
    const greeted = greet(frame, request, c)
    if ('refuse' in greeted) return greeted
    const { after = {} } = frame
    const join = greeted.session.chats.map((chat) => ({ chat, after: after[chat] ?? 0, last: PAST }))
    return { events: greeted.events, answer: say(greeted.welcome), join, ...(frame.jwt ? { onlyFresh: true } : {}) }
  }
  const [first, ...others] = request.joined ?? []
  return first === undefined ? { refuse: 401 } : act(frame, { chats: [first, ...others] }, c)
}

function byHttp(request: WebhookRequest, c: Ask): Opened {
  const { method, path } = request
  if (method === 'OPTIONS') return { answer: { status: 204, headers: PREFLIGHT } }
  if (method === 'GET' && path === '/config')
    return {
      answer: {
        status: 200,
        headers: { 'content-type': 'application/json', 'cache-control': 'private, max-age=60' },
        body: JSON.stringify(configOf(c.settings)),
      },
    }
  if (method === 'POST' && path === '/frame') {
    const frame = frameIn(request.bytes)
    if (!frame) return unreadable(request.bytes)
    if (frame.t === 'hello') {
      const greeted = greet(frame, request, c)
      if ('refuse' in greeted) return greeted
      return { events: greeted.events, answer: say(greeted.welcome), ...(frame.jwt ? { onlyFresh: true } : {}) }
    }
    const session = bearerOf(request, c)
    return session ? act(frame, session, c) : { refuse: 401 }
  }
  const session = bearerOf(request, c)
  if (!session) return { refuse: 401 }
  if (method === 'POST' && path === '/poll') {
    const after = cursorsIn(request.bytes)
    return { events: [], join: session.chats.map((chat) => ({ chat, after: after[chat] ?? 0, last: PAST })) }
  }
  if (method === 'POST' && path === '/files') {
    const name = decoded(request.headers['x-file-name'])
    return { upload: { chat: session.chats[0], bytes: VISITOR_FILE_BYTES, ...(name ? { name } : {}) } }
  }
  const file = /^\/files\/([0-9a-f-]{36})$/.exec(path)?.[1]
  if (method === 'GET' && file) return { serve: { chats: [...session.chats], file } }
  return { refuse: 404 }
}

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, x-file-name',
  'access-control-max-age': '7200',
}

// ---------------------------------------------------------------- who

type Greeted = { session: Session; welcome: ServerFrame; events: Event[] } | { refuse: 401 }

function greet(frame: Extract<VisitorFrame, { t: 'hello' }>, { random }: WebhookRequest, c: Ask): Greeted {
  const before = frame.token === undefined ? null : sessionOf(frame.token, c.secret, c.now)
  // A secret that is not ours any more: the browser forgets it and says hello again.
  if (frame.token !== undefined && !before) return { refuse: 401 }
  if (frame.jwt === undefined) return welcome(before ?? newVisitor(random), [], c)
  const customer = customerOf(frame.jwt, c.settings, c.channel, c.now)
  if (!customer) return { refuse: 401 }
  const { session, was } = signedIn(before, customer.sub)
  const { jti, sub: _, ...told } = customer
  const body: SignedInBody = {
    chat: session.chats[0],
    at: c.now.toISOString(),
    signedIn: { ...told, ...(frame.language ? { language: frame.language } : {}) },
    ...(was ? { was } : {}),
  }
  const key = `jti:${createHash('sha256').update(jti).digest('base64url')}`
  return welcome(session, [{ key, lane: session.chats[0], body }], c)
}

const welcome = (session: Session, events: Event[], c: Ask): Greeted => ({
  session,
  events,
  welcome: {
    t: 'welcome',
    token: issue(session, c.secret, c.now),
    chats: [...session.chats],
    now: c.now.toISOString(),
  },
})

function bearerOf({ headers }: WebhookRequest, c: Ask): Session | null {
  const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
  return token ? sessionOf(token, c.secret, c.now) : null
}

// ---------------------------------------------------------------- what

function act(frame: Exclude<VisitorFrame, { t: 'hello' }>, { chats }: Session, c: Ask): Opened {
  const [first] = chats
  if (frame.t === 'ping') return { answer: say({ t: 'pong' }) }
  const chat = ('chat' in frame && frame.chat) || first
  const named = 'id' in frame ? { act: frame.id } : {}
  // A chat of somebody else, or none: the same answer.
  if (!chats.includes(chat)) return { ...named, refuse: 404 }
  const event = (key: string, told: VisitorFrame): Event => ({
    key: `${chat} ${key}`,
    lane: chat,
    body: { chat, at: c.now.toISOString(), frame: told } satisfies ActBody,
  })
  if (frame.t === 'typing') return { events: [{ ...event('typing', frame), passing: true }] }
  if (frame.t === 'seen')
    // One event for each: two tabs that saw the same messages in other batches say the same again.
    return {
      events: frame.messages.map((message) =>
        event(`${frame.read ? 'read' : 'delivered'} ${message}`, { ...frame, messages: [message] }),
      ),
    }
  const own = frame.t === 'send' ? frame.parts.flatMap((part) => (isMedia(part) ? [part.source] : [])) : []
  const files = own.flatMap((source) => ('file' in source ? [source.file] : []))
  return {
    ...named,
    events: [event(`${frame.t} ${frame.id}`, frame)],
    answer: say({ t: 'ack', id: frame.id }),
    ...(files.length > 0 ? { own: { chat: first, files } } : {}),
  }
}

const say = (frame: ServerFrame) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(frame),
})

/** An act that cannot be taken as it is written is an act still, and would be said again for ever if it were not named. */
function unreadable(bytes: Uint8Array): Opened {
  const id = actIn(bytes)
  return { ...(id ? { act: id } : {}), refuse: 400 }
}

const frameIn = (bytes: Uint8Array): VisitorFrame | undefined => VisitorFrame.safeParse(jsonIn(bytes)).data

function cursorsIn(bytes: Uint8Array): Record<string, number> {
  const after = (jsonIn(bytes) as { after?: Json } | null)?.after
  return Object.fromEntries(
    Object.entries(typeof after === 'object' && after ? after : {}).filter(
      (pair): pair is [string, number] => Number.isSafeInteger(pair[1]) && (pair[1] as number) >= 0,
    ),
  )
}

function jsonIn(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return null
  }
}

function decoded(name: string | undefined): string | undefined {
  try {
    return name === undefined ? undefined : decodeURIComponent(name).slice(0, 255)
  } catch {
    return undefined
  }
}
