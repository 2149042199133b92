import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import type { Dialler } from './dial.ts'
import type { Target } from './permit.ts'
import { hostPortOf } from './permit.ts'
import type { ProxyChain } from './proxies.ts'
import { WireFailure } from './wire-failure.ts'

/** An origin that nobody asked for so long loses its connections. */
const IDLE_MS = 300_000
/** Below so many origins nothing is tidied up. */
const FEW = 64

/** The connections to one origin, by one road, trusting one set of roots. Each address was checked when its connection was opened. */
export interface Lane {
  /**
   * Sends when a connection is free. Requests wait here and not inside the pool: one that is given up while it waits then costs
   * nothing, whereas undici would open a connection for it and close it again.
   */
  send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): Waiting
  readonly closed: boolean
}

export interface Waiting {
  /** Leaves the queue. @returns false when it has been handed to a connection already */
  leave(): boolean
}

export interface Lanes {
  laneTo(road: { target: Target; proxies?: ProxyChain | undefined; roadKey: string; ca?: string | undefined }): Lane
  close(): Promise<void>
}

/** @param connections  most connections to one origin by one road */
export function lanes(dial: Dialler, connections: number): Lanes {
  const open = new Map<string, Lane & { pool: Pool; lastUsed(): number; busy(): boolean; end(): Promise<void> }>()

  function tidyUp() {
    if (open.size < FEW) return
    const old = performance.now() - IDLE_MS
    for (const [key, lane] of open) {
      if (lane.busy() || lane.lastUsed() > old) continue
      open.delete(key)
      // nothing is under way: closing cannot fail and nobody waits for it
      void lane.end()
    }
  }

  function openLane({ target, proxies, ca }: Parameters<Lanes['laneTo']>[0]) {
    const where = hostPortOf(target.host, target.port)
    const pool = new Pool(`${target.tls ? 'https' : 'http'}://${where}`, {
      connections,
      allowH2: false,
      // our own deadline covers the whole request
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 32_768,
      // most servers close an idle connection after 5 s and more; a request written into a closing one would be "cut"
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 60_000,
      connect: (_options, done) => {
        dial.dial({ target, proxies, ca, alpn: ['http/1.1'] }).then(
          (socket) => done(null, socket),
          (error: unknown) => done(error instanceof Error ? error : new Error('no connection', { cause: error }), null),
        )
      },
    })
    const waiting = new Set<() => void>()
    let running = 0
    let used = performance.now()
    let closed = false

    function startNext() {
      for (const start of waiting) {
        if (running >= connections) return
        waiting.delete(start)
        start()
      }
    }

    return {
      pool,
      lastUsed: () => used,
      busy: () => running > 0 || waiting.size > 0,
      get closed() {
        return closed
      },
      end: () => {
        closed = true
        return pool.destroy(new WireFailure('stopped', `${where}: closed`))
      },
      send: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
        used = performance.now()
        const ended = () => {
          running--
          startNext()
        }
        const start = () => {
          running++
          pool.dispatch(options, {
            onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
            onBodySent: (chunk) => handler.onBodySent?.(chunk),
            onResponseStart: (controller, status, headers) => handler.onResponseStart?.(controller, status, headers),
            onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
            onResponseEnd: (controller, trailers) => {
              ended()
              handler.onResponseEnd?.(controller, trailers)
            },
            onResponseError: (controller, error) => {
              ended()
              handler.onResponseError?.(controller, error)
            },
          })
        }
        if (running < connections) start()
        else waiting.add(start)
        return { leave: () => waiting.delete(start) }
      },
    }
  }

  return {
    laneTo: (road) => {
      const key = `${road.target.tls ? 's' : 'p'} ${hostPortOf(road.target.host, road.target.port)} ${road.roadKey}`
      let lane = open.get(key)
      if (!lane) {
        tidyUp()
        open.set(key, (lane = openLane(road)))
      }
      return lane
    },
    close: async () => {
      const all = [...open.values()]
      open.clear()
      await Promise.all(all.map((lane) => lane.end()))
    },
  }
}
