/** The routes of `/hooks`: raw bytes in, a visitor's socket, his poll, his files. */
import type { Readable } from 'node:stream'
import '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Join } from '#connector-kit/connector.ts'
import type { FileView } from '#contract/calls/files.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { entriesAfter, MOST_ENTRIES, streamTopic } from '#server/channels/streams.ts'
import { takesLong } from '#server/platform/arrival.ts'
import type { Database } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { isModest } from '#server/platform/modest.ts'
import { problemOf, Refused } from '#server/platform/problem.ts'
import { turns } from '#server/platform/turns.ts'
import type { HookOutcome, HookRequest, Hooks } from './hooks.ts'

/** Before parsing: 1 MB, 10 s to arrive. */
const MOST_BYTES = 1024 * 1024
const ARRIVAL_MS = 10_000
/** Bodies of one channel that are on their way or being committed; more are asked to come again. */
const MOST_AT_ONCE = 512
const MOST_FRAME_BYTES = 64 * 1024
/** A poll without news is answered then. */
const POLL_MS = 25_000
/** A socket whose browser does not read is cut: it resumes behind the last entry that it got. */
const MOST_BUFFERED = 4 * 1024 * 1024
/** Frames of one socket that wait for their commit; a visitor who types faster is cut. */
const MOST_PENDING = 50

export interface HookRoutesDeps {
  hooks: Hooks
  database: Database
  hints: Hints
  log: Log
  /** Streams an upload of this chat into the store. */
  upload(
    channel: LiveChannel,
    chat: string,
    body: NodeJS.ReadableStream,
    limits: { bytes: number; name?: string },
  ): Promise<FileView>
  /** Sends a file if a message of these chats holds it. @returns false: there is no such file for them */
  serve(channel: LiveChannel, chats: string[], file: string, reply: FastifyReply): Promise<boolean>
}

export const hookRoutes = (deps: HookRoutesDeps) =>
  async function routes(app: FastifyInstance): Promise<void> {
    const { hooks } = deps
    const atOnce = new Map<string, number>()
    app.removeAllContentTypeParsers()
    // Uploads are streamed; everything else is small and kept as it came.
    app.addContentTypeParser('*', (request, payload, done) => done(null, payload))

    app.route({
      method: 'GET',
      url: '/hooks/:channel/socket',
      wsHandler: (socket, request) => void visit(deps, socket, request),
      handler: async () => {
        throw new Refused('upgrade_wanted')
      },
    })

    app.all('/hooks/:channel', answer)
    app.all('/hooks/:channel/*', answer)

    function leave(id: string): void {
      const left = atOnce.get(id)! - 1
      if (left > 0) atOnce.set(id, left)
      else atOnce.delete(id)
    }

    async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const { channel: id } = request.params as { channel: string }
      const asked = requestOf(request)
      // Whether it is an upload is known from the head alone; its bytes are not read here.
      const isUpload = request.headers['content-type']?.startsWith('application/octet-stream')
      const inFlight = atOnce.get(id) ?? 0
      if (inFlight >= MOST_AT_ONCE) return refuse(reply, 503)
      atOnce.set(id, inFlight + 1)
      let outcome: HookOutcome
      try {
        const bytes = isUpload ? new Uint8Array() : await bytesOf(request.body as Readable | undefined)
        // Its rest stays unread: a connection that was kept would never come to its next request. It ends once the answer has left.
        if (bytes === 'large') return refuse(reply.header('connection', 'close'), 413)
        if (bytes === 'slow') return refuse(reply.header('connection', 'close'), 408)
        if (!isModest(bytes)) return refuse(reply, 400)
        outcome = await hooks.take(id, { ...asked, bytes }, request.ip)
      } finally {
        leave(id)
      }
      void reply.headers(outcome.headers ?? {})
      switch (outcome.is) {
        case 'refuse':
          return refuse(reply, outcome.status, outcome.act)
        case 'wait':
          return refuse(reply.header('retry-after', outcome.seconds), 429)
        case 'upload': {
          if (!isUpload) return refuse(reply, 415)
          takesLong(request.raw)
          const { channel, chat, bytes: most, name } = outcome
          const body = request.body as NodeJS.ReadableStream
          return reply.send(await deps.upload(channel, chat, body, { bytes: most, ...(name ? { name } : {}) }))
        }
        case 'serve':
          return (await deps.serve(outcome.channel, outcome.chats, outcome.file, reply)) ? reply : refuse(reply, 404)
        case 'answer': {
          if (outcome.join) {
            const channel = await hooks.channel(id)
            return reply.send({ entries: channel ? await poll(deps, channel, outcome.join) : [] })
          }
          const { status, headers = {}, body = '' } = outcome.answer
          return reply.code(status).headers(headers).send(body)
        }
      }
    }
  }

function requestOf(request: FastifyRequest): Omit<HookRequest, 'bytes'> {
  const { channel, '*': rest = '' } = request.params as { channel: string; '*'?: string }
  const query = Object.fromEntries(
    Object.entries(request.query as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
  )
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  return { method: request.method, path: channel && rest ? `/${rest}` : '', query, headers }
}

/** @returns why it was not read to its end; a slow one is left as it is, for with it its connection would go, and our answer */
async function bytesOf(body: Readable | undefined): Promise<Uint8Array | 'large' | 'slow'> {
  if (!body) return new Uint8Array()
  const late = Promise.withResolvers<'slow'>()
  const timer = setTimeout(() => late.resolve('slow'), ARRIVAL_MS)
  const whole = wholeOf(body)
  // The platform hung up, perhaps because it was answered that it is too slow: nobody reads any further answer.
  whole.catch(() => {})
  try {
    return await Promise.race([whole, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function wholeOf(body: Readable): Promise<Uint8Array | 'large'> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) return 'large'
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

const REFUSALS = {
  400: 'unreadable',
  401: 'not_proven',
  403: 'wrong_origin',
  404: 'not_found',
  408: 'too_slow',
  413: 'too_large',
  415: 'unsupported_type',
  429: 'too_many',
  503: 'unavailable',
} as const

/** @param act  of a visitor, refused for its own sake */
function refuse(reply: FastifyReply, status: keyof typeof REFUSALS, act?: string): FastifyReply {
  if (status === 503) reply.header('retry-after', '2')
  const problem = problemOf(REFUSALS[status], act === undefined ? {} : { values: { act } })
  return reply.code(status).type('application/problem+json').send(problem)
}

// ---------------------------------------------------------------- visitors

const read = (deps: HookRoutesDeps, channel: LiveChannel, join: Join) =>
  deps.database.inWorkspace(channel.workspace, (tx) => entriesAfter(tx, channel.workspace, channel.id, join))

/** The fallback where sockets are blocked: waits for news, at most 25 s. */
async function poll(deps: HookRoutesDeps, channel: LiveChannel, joins: Join[]) {
  const news = Promise.withResolvers<void>()
  const offs = joins.map(({ chat }) => deps.hints.on(streamTopic(channel.id, chat), () => news.resolve()))
  const timer = setTimeout(() => news.resolve(), POLL_MS)
  const all = async () => {
    const entries = await Promise.all(
      joins.map(async (join) => (await read(deps, channel, join)).map((entry) => ({ chat: join.chat, ...entry }))),
    )
    return entries.flat()
  }
  try {
    const entries = await all()
    if (entries.length > 0) return entries
    await news.promise
    return await all()
  } finally {
    clearTimeout(timer)
    for (const off of offs) off()
  }
}

/** A visitor's socket: each frame is a request to `open`; `join` makes it read its chats' streams. */
async function visit(deps: HookRoutesDeps, socket: WebSocket, request: FastifyRequest): Promise<void> {
  const { hooks, log } = deps
  const { channel: id } = request.params as { channel: string }
  const asked = { ...requestOf(request), method: 'SOCKET', path: '/socket' }
  let joined: string[] | undefined
  let pending = 0
  let chain = Promise.resolve()
  let leave = () => {}
  const alive = keepAlive(socket)
  const end = () => {
    clearInterval(alive)
    leave()
  }
  socket.on('close', end)
  socket.on('error', end)
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary || data.length > MOST_FRAME_BYTES || pending >= MOST_PENDING) return socket.close(1009)
    pending++
    // One after the other: a visitor's frames keep their order.
    chain = chain
      .then(() => frame(data))
      .catch((error: unknown) => {
        log.warn({ error }, 'a visitor’s frame failed')
        socket.close(1011)
      })
      .finally(() => void pending--)
  })

  function say(text: string | Uint8Array): void {
    if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate()
    else socket.send(text)
  }

  async function frame(data: Buffer): Promise<void> {
    // A refused visitor is not listened to any more.
    if (socket.readyState !== socket.OPEN) return
    const outcome = await hooks.take(id, { ...asked, bytes: data, ...(joined ? { joined } : {}) }, request.ip)
    if (outcome.is === 'wait') return say(JSON.stringify({ t: 'wait', seconds: outcome.seconds }))
    if (outcome.is !== 'answer') {
      const { status, act } = outcome.is === 'refuse' ? outcome : { status: 400 }
      say(JSON.stringify({ t: 'refused', status, ...(act === undefined ? {} : { id: act }) }))
      // Away for a moment, or one thing that is not his: the browser goes on. Anything else will not get better.
      if (status !== 503 && status !== 404) socket.close(status === 401 ? 4401 : 4400)
      return
    }
    if (outcome.answer.body) say(outcome.answer.body)
    if (outcome.join) {
      const channel = await hooks.channel(id)
      leave()
      leave = () => {}
      joined = outcome.join.map(({ chat }) => chat)
      if (!channel || socket.readyState !== socket.OPEN) return
      const leaves = outcome.join.map((join) => follow(deps, channel, join, say))
      leave = () => {
        for (const each of leaves) each()
      }
    }
  }
}

const PING_MS = 30_000

/** Proxies close what is silent for a minute, and a browser that went away without a word must not be written to for ever. */
function keepAlive(socket: WebSocket): NodeJS.Timeout {
  let heard = true
  socket.on('pong', () => {
    heard = true
  })
  return setInterval(() => {
    if (!heard) return socket.terminate()
    heard = false
    socket.ping()
  }, PING_MS)
}

/** Sends entries behind `after`, then each as it comes, and what only passes. @returns how to stop */
function follow(
  deps: HookRoutesDeps,
  channel: LiveChannel,
  { chat, after, last }: Join,
  send: (text: string) => void,
): () => void {
  let at = after
  let mostOld = last
  let stopped = false
  const { ask: advance, close } = turns({
    turn: async () => {
      const entries = await read(deps, channel, { chat, after: at, ...(mostOld ? { last: mostOld } : {}) })
      if (stopped) return false
      for (const entry of entries) send(JSON.stringify({ t: 'entry', chat, ...entry }))
      at = entries.at(-1)?.seq ?? at
      // Only the past is cut; what comes from now on is told whole.
      if (entries.length < MOST_ENTRIES) mostOld = undefined
      return entries.length >= MOST_ENTRIES
    },
    failed: (error) => deps.log.debug({ error }, 'a visitor waits for the database'),
  })
  const off = deps.hints.on(streamTopic(channel.id, chat), (body) => {
    if (isPassing(body)) send(JSON.stringify({ t: 'passing', chat, frame: body.passing }))
    else void advance()
  })
  const timer = setInterval(() => void advance(), 5_000)
  void advance()
  return () => {
    stopped = true
    void close()
    clearInterval(timer)
    off()
  }
}

const isPassing = (body: unknown): body is { passing: unknown } =>
  typeof body === 'object' && body !== null && 'passing' in body
