/** A program that calls Parley over HTTP, as the window and outsiders do. */
import WebSocket from 'ws'
import type { Endpoint } from '#contract/endpoint.ts'
import type { FeedEvent, FeedFrame } from '#contract/feed/event.ts'
import type { Problem } from '#contract/problem.ts'
import { until } from './parts.ts'

export interface Client {
  /** Calls by its declaration. @throws CallFailed with the problem's code */
  call<In, Out, Result>(call: Endpoint<In, Out, Result>, given?: Given<In>, headers?: Headers): Promise<Result>
  /** Anything at all, as it is; a body that is no string or bytes goes as JSON. */
  ask(method: string, path: string, options?: { body?: unknown; headers?: Headers }): Promise<Response>
  /** Uploads one file. @returns its id */
  upload(name: string, type: string, bytes: Uint8Array): Promise<string>
  /** Opens the feed's socket. */
  feed(cursor?: string): Promise<Feed>
  /** With these headers too. */
  as(headers: Headers): Client
}
type Headers = Record<string, string>
type Given<In> = { [Group in keyof In]: In[Group] }

export interface Feed {
  /** In the order they came; of all frames. */
  readonly events: FeedEvent[]
  readonly frames: FeedFrame[]
  /** The newest one: go on from here. */
  cursor(): string | undefined
  /** Waits for the first event that is so. */
  event<Kind extends FeedEvent['kind']>(
    kind: Kind,
    is?: (event: Extract<FeedEvent, { kind: Kind }>) => boolean,
    ms?: number,
  ): Promise<Extract<FeedEvent, { kind: Kind }>>
  /** How it was closed, once it is. */
  readonly closed: Promise<number>
  send(text: string | Buffer): void
  close(): void
}

export class CallFailed extends Error {
  readonly status: number
  readonly problem: Problem
  constructor(status: number, problem: Problem) {
    super(`${status} ${problem.code}: ${problem.detail ?? JSON.stringify(problem.fields ?? problem.values ?? {})}`)
    this.status = status
    this.problem = problem
  }
}

/** @param headers  who it is: `authorization`, or `cookie` with `origin` */
export function clientOf(url: string, headers: Headers = {}): Client {
  async function ask(method: string, path: string, options: { body?: unknown; headers?: Headers } = {}) {
    const { body } = options
    const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData
    return fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...headers,
        ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    })
  }

  return {
    ask,
    call: async (call, given, more) => {
      const { params = {}, query = {}, body } = (given ?? {}) as Record<'params' | 'query' | 'body', object | undefined>
      const response = await ask(call.method, pathOf(call.path, params, query), {
        ...(body === undefined ? {} : { body }),
        ...(more ? { headers: more } : {}),
      })
      const answer: unknown = await response.json()
      if (!response.ok) throw new CallFailed(response.status, answer as Problem)
      return answer as never
    },
    upload: async (name, type, bytes) => {
      const form = new FormData()
      form.set('file', new Blob([new Uint8Array(bytes)], { type }), name)
      const response = await ask('POST', '/api/files', { body: form })
      const answer = (await response.json()) as { id: string }
      if (!response.ok) throw new CallFailed(response.status, answer as unknown as Problem)
      return answer.id
    },
    feed: (cursor) => feedOf(`${url.replace(/^http/, 'ws')}/api/feed${cursor ? `?cursor=${cursor}` : ''}`, headers),
    as: (more) => clientOf(url, { ...headers, ...more }),
  }
}

/** Fills the path and appends what the query has. */
export function pathOf(template: string, params: object, query: object = {}): string {
  const path = template.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[name])),
  )
  const search = new URLSearchParams(
    Object.entries(query as Record<string, string | number | boolean | undefined>).flatMap(
      ([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]),
    ),
  ).toString()
  return search ? `${path}?${search}` : path
}

async function feedOf(address: string, headers: Headers): Promise<Feed> {
  const socket = new WebSocket(address, { headers })
  const frames: FeedFrame[] = []
  const events: FeedEvent[] = []
  let cursor: string | undefined
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)))
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as FeedFrame
    frames.push(frame)
    if ('events' in frame) {
      events.push(...frame.events)
      cursor = frame.cursor
    }
    if ('reset' in frame) cursor = frame.reset
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  return {
    frames,
    events,
    cursor: () => cursor,
    event: (kind, is = () => true, ms = 10_000) =>
      until(() => {
        const found = events.find((each) => each.kind === kind && is(each as never))
        return found as never
      }, ms),
    closed,
    send: (text) => socket.send(text),
    close: () => socket.terminate(),
  }
}
