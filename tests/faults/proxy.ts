/**
 * A wire that can be broken: a TCP proxy on loopback between two that talk. `netem` is missing on many kernels; this needs nothing.
 *
 *   drop       resets what is open and takes nothing new
 *   slow       every piece is late, in both directions, in its order
 *   cut        the next answers end in their middle, the connection with them
 *   half-open  what is open hears and says nothing more, as behind a router that forgot it; what is new passes. At the end it is reset
 *   silent     nothing passes, nothing is refused, nothing is lost: at the end it all arrives
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Random } from './random.ts'

export const TROUBLES = ['drop', 'slow', 'cut', 'half-open', 'silent'] as const
export type Trouble = (typeof TROUBLES)[number]

export interface Proxy {
  readonly port: number
  /** The trouble lasts until the next; null: all passes. */
  set(trouble: Trouble | null): void
  close(): Promise<void>
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
  /** Nothing more passes. */
  forgotten: boolean
}

const MOST_LATE_MS = 300

export async function startProxy(options: { to: number; port?: number; random: Random }): Promise<Proxy> {
  const { random } = options
  const pairs = new Set<Pair>()
  let trouble: Trouble | null = null
  /** What holds the pieces back while the wire is silent. */
  let silence: { over: Promise<void>; end(): void } | null = null

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (trouble === 'drop') return void near.resetAndDestroy()
    const pair: Pair = {
      near,
      far: connect({ port: options.to, host: '127.0.0.1', allowHalfOpen: true }),
      forgotten: false,
    }
    pairs.add(pair)
    pass(pair, near, pair.far)
    pass(pair, pair.far, near)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })

  /** Piece after piece, each when those before it have gone. */
  function pass(pair: Pair, from: Socket, to: Socket): void {
    let before = Promise.resolve()
    let queued = 0
    from.setNoDelay(true)
    from.on('data', (piece) => {
      if (pair.forgotten) return
      if (trouble === 'cut' && from === pair.far) {
        pair.forgotten = true
        to.write(piece.subarray(0, random.between(0, piece.length - 1)), () => breakOff(pair))
        return
      }
      if (queued === 0 && trouble !== 'slow' && trouble !== 'silent') return write(piece)
      queued++
      before = before.then(held).then(() => {
        queued--
        write(piece)
      })
    })
    to.on('drain', () => from.resume())
    from.on('end', () => void before.then(() => to.end()))
    from.on('error', () => breakOff(pair))
    from.on('close', () => {
      if (to.destroyed) pairs.delete(pair)
    })

    function write(piece: Buffer): void {
      if (!to.write(piece)) from.pause()
    }
  }

  async function held(): Promise<void> {
    if (trouble === 'slow') await new Promise((resolve) => setTimeout(resolve, random.between(1, MOST_LATE_MS)))
    await silence?.over
  }

  function breakOff(pair: Pair): void {
    pairs.delete(pair)
    for (const end of [pair.near, pair.far]) if (!end.destroyed) end.resetAndDestroy()
  }

  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      if (trouble === 'half-open') for (const pair of pairs) if (pair.forgotten) breakOff(pair)
      silence?.end()
      silence = null
      trouble = next
      if (next === 'drop') for (const pair of pairs) breakOff(pair)
      if (next === 'half-open') for (const pair of pairs) pair.forgotten = true
      if (next === 'silent') {
        const { promise, resolve } = Promise.withResolvers<void>()
        silence = { over: promise, end: resolve }
      }
    },
    close: async () => {
      for (const pair of pairs) breakOff(pair)
      silence?.end()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
