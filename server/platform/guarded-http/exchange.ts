import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Lane } from './lanes.ts'
import { WireFailure } from './wire-failure.ts'
import type { WireFailureKind } from './wire-failure.ts'

export interface Exchange {
  readonly lane: Lane
  /** `host:port`, for words. */
  readonly where: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer | (() => AsyncIterable<Uint8Array>) | undefined
  readonly maxBytes: number
  /** Of `performance.now()`. */
  readonly deadline: number
  readonly signal: AbortSignal | undefined
}

export interface RawAnswer<Body> {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Body
}

/** One request, one answer, gathered. @throws WireFailure */
export function gather(exchange: Exchange): Promise<RawAnswer<Buffer>> {
  const chunks: Buffer[] = []
  return carryOut(exchange, (head, settle) => ({
    data: (chunk) => void chunks.push(chunk),
    end: () => settle({ ...head, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }),
    fail: () => {},
  }))
}

/**
 * One request, and an answer whose body is still coming. The deadline holds until its end. The body must be read or destroyed.
 * @throws WireFailure; later failures destroy the body with one
 */
export function streamed(exchange: Exchange): Promise<RawAnswer<Readable>> {
  return carryOut(exchange, (head, settle, controller, leave) => {
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        leave()
        done(error)
      },
    })
    settle({ ...head, body })
    return {
      data: (chunk) => {
        if (!body.push(chunk)) controller.pause()
      },
      end: () => void body.push(null),
      fail: (failure) => void body.destroy(failure),
    }
  })
}

interface Sink {
  data(chunk: Buffer): void
  end(): void
  fail(failure: WireFailure): void
}

/** The life of a request: waits for a connection → first byte written → head → body → end, and at each step it may fail. */
function carryOut<Body>(
  { lane, where, method, path, headers, body, maxBytes, deadline, signal }: Exchange,
  receive: (
    head: { status: number; headers: Record<string, string> },
    settle: (answer: RawAnswer<Body>) => void,
    controller: Dispatcher.DispatchController,
    leave: () => void,
  ) => Sink,
): Promise<RawAnswer<Body>> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let sink: Sink | undefined
    let written = false
    let over = false
    let received = 0

    const close = () => {
      over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
    }
    const fail = (kind: WireFailureKind, words: string, cause?: unknown) => {
      if (over) return
      close()
      const failure = new WireFailure(kind, `${where}: ${words}`, { written, cause })
      if (!waiting?.leave()) controller?.abort(failure)
      sink?.fail(failure)
      reject(failure)
    }
    const stopped = () => fail('stopped', 'given up')
    const timer = setTimeout(() => fail('timeout', 'no answer in time'), Math.max(deadline - performance.now(), 1))
    let waiting: ReturnType<Lane['send']> | undefined
    if (signal?.aborted) return stopped()
    signal?.addEventListener('abort', stopped)

    waiting = lane.send(
      {
        method: method as Dispatcher.HttpMethod,
        path,
        headers,
        // undici takes any async iterable, its types speak of streams only
        body: (typeof body === 'function' ? sending(body) : (body ?? null)) as Buffer | null,
      },
      {
        onRequestStart: (now) => {
          controller = now
          // given up while it waited for the connection: nothing may be written any more
          if (over) now.abort(new Error('given up'))
          // head and body go out in this very tick; a body that streams begins with its first chunk
          else if (typeof body !== 'function') written = true
        },
        onBodySent: () => {
          written = true
        },
        onResponseStart: (now, status, fields) => {
          if (over || status < 200) return
          written = true
          const answer = flat(fields)
          if (Number(answer['content-length']) > maxBytes) return fail('too_large', `more than ${maxBytes} bytes`)
          sink = receive({ status, headers: answer }, resolve, now, () => {
            if (over) return
            close()
            now.abort(new Error('not read any further'))
          })
        },
        onResponseData: (_now, chunk) => {
          if (over) return
          received += chunk.length
          if (received > maxBytes) fail('too_large', `more than ${maxBytes} bytes`)
          else sink?.data(chunk)
        },
        onResponseEnd: () => {
          if (over) return
          close()
          sink?.end()
        },
        onResponseError: (_now, error) => {
          if (error instanceof WireFailure) fail(error.kind, withoutWhere(error.message, where), error.cause)
          else fail(...kindOf(error))
        },
      },
    )
  })
}

/** Our own part of a body failed: that is no fault of the wire. */
class SourceFailed extends Error {}

async function* sending(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* open()
  } catch (cause) {
    throw new SourceFailed('what was to be sent could not be read', { cause })
  }
}

function kindOf(error: Error): [kind: WireFailureKind, words: string, cause?: unknown] {
  if (error instanceof SourceFailed) return ['source', error.message, error.cause]
  // without the cause: the parser attaches what it could not read, and that belongs in no log
  if (error.name === 'HTTPParserError') return ['unreadable', 'no proper HTTP']
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [kind, words] = KINDS[code] ?? [
    'cut',
    `the connection broke${code.startsWith('UND_') || !code ? '' : ` (${code})`}`,
  ]
  return [kind, words, error]
}

const KINDS: Record<string, [WireFailureKind, string]> = {
  UND_ERR_INVALID_ARG: ['invalid', 'a header or a path that cannot be sent'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['source', 'what was to be sent is longer or shorter than announced'],
  UND_ERR_HEADERS_OVERFLOW: ['too_large', 'endless headers'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['unreadable', 'longer or shorter than announced'],
  UND_ERR_DESTROYED: ['stopped', 'closed'],
  UND_ERR_CLOSED: ['stopped', 'closed'],
}

const withoutWhere = (message: string, where: string) =>
  message.startsWith(`${where}: `) ? message.slice(where.length + 2) : message

function flat(fields: NodeJS.Dict<string | string[]>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
