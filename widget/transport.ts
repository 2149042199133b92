/** Two ways to carry the same frames: a WebSocket, and plain requests for networks that block it. Secrets never stand in an address. */
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
  heard(frame: ServerFrame): void
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

  async function post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(hook + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
      credentials: 'omit',
      signal: ending.signal,
    })
    if (response.ok) return response.status === 200 ? response.json().catch(() => null) : null
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status))
    on.heard({ t: 'refused', status: response.status })
    return null
  }

  const fail = () => {
    if (ending.signal.aborted) return
    ending.abort()
    on.closed()
  }

  async function poll(): Promise<void> {
    while (!ending.signal.aborted) {
      const news = (await post('/poll', { after: on.cursors() })) as { entries: object[] } | null
      for (const entry of news?.entries ?? []) on.heard({ t: 'entry', ...entry } as ServerFrame)
    }
  }

  queueMicrotask(on.opened)
  return {
    kind: 'polls',
    send: (frame) => {
      line = line
        .then(() => post('/frame', frame))
        .then((answer) => {
          if (answer) on.heard(answer as ServerFrame)
        })
        .catch(fail)
    },
    authorise: (given) => {
      const first = token === null
      token = given
      if (first) poll().catch(fail)
    },
    close: () => ending.abort(),
  }
}
