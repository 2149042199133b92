/** Two ways to carry the same frames: a WebSocket, and plain requests for networks that block it. Secrets never stand in an address. */
import type { Problem } from '#contract/problem.ts'
import type { VisitorFrame } from '#contract/visitor.ts'
import type { ServerFrame } from '#contract/visitor-talk.ts'

export interface Transport {
  readonly kind: 'socket' | 'polls'
  send(frame: VisitorFrame): void
  /** The session's secret, for what goes in a header. */
  authorise(token: string): void
  close(): void
}

export interface TransportEvents {
  opened(): void
  /** @param said  the act that it answers, where the way of carrying knows that */
  heard(frame: ServerFrame, said?: string): void
  closed(): void
  /** Last entry seen, by chat. */
  cursors(): Record<string, number>
}

export type OpenTransport = (hook: string, on: TransportEvents) => Transport

export const overSocket: OpenTransport = (hook, on) => {
  const socket = new WebSocket(`${hook.replace(/^http/, 'ws')}/socket`)
  socket.onopen = on.opened
  socket.onmessage = (event) => on.heard(JSON.parse(String(event.data)) as ServerFrame)
  socket.onclose = on.closed
  return {
    kind: 'socket',
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
    },
    authorise: () => {},
    close: () => {
      socket.onclose = null
      socket.close()
    },
  }
}

export const overPolls: OpenTransport = (hook, on) => {
  const ending = new AbortController()
  let token: string | null = null
  /** One after the other: a visitor's words keep their order. */
  let line = Promise.resolve()

  /** @throws where the wire is lost, and where it is too much or the server is away: it may be asked again later */
  async function post(path: string, body: unknown): Promise<Response> {
    const response = await fetch(hook + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
      credentials: 'omit',
      signal: ending.signal,
    })
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status))
    return response
  }

  async function say(frame: VisitorFrame): Promise<void> {
    const response = await post('/frame', frame)
    const answer: unknown = await response.json().catch(() => null)
    if (!response.ok) {
      const act = (answer as Partial<Problem> | null)?.values?.act
      on.heard(
        { t: 'refused', status: response.status, ...(typeof act === 'string' ? { id: act } : {}) },
        'id' in frame ? frame.id : undefined,
      )
    } else if (answer) on.heard(answer as ServerFrame)
  }

  const fail = () => {
    if (ending.signal.aborted) return
    ending.abort()
    on.closed()
  }

  async function poll(): Promise<void> {
    while (!ending.signal.aborted) {
      const response = await post('/poll', { after: on.cursors() })
      // The session is not known any more, or the chat is gone: the next hello is told which. Asked again at once it would be so for ever.
      if (!response.ok) throw new Error(String(response.status))
      const news = (await response.json()) as { entries: object[] }
      // What a socket tells by its pongs.
      on.heard({ t: 'pong' })
      for (const entry of news.entries) on.heard({ t: 'entry', ...entry } as ServerFrame)
    }
  }

  queueMicrotask(on.opened)
  return {
    kind: 'polls',
    send: (frame) => {
      line = line.then(() => say(frame)).catch(fail)
    },
    authorise: (given) => {
      const first = token === null
      token = given
      if (first) poll().catch(fail)
    },
    close: () => ending.abort(),
  }
}
