/**
 * What stands before several nodes: asks each whether it is ready and gives every request to one that is. What a node that stopped answering
 * still owes is answered with 502; the sockets that it holds are left to it, as the simplest balancers do: who hangs on them must notice.
 */
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

const ASK_EVERY_MS = 200
const PATIENCE_MS = 3_000
/** A request that no node took is offered again for so long: one is between its predecessor's end and its own start. */
const OFFERED_MS = 15_000

export interface Balancer {
  readonly url: string
  /** Ports of nodes, from now on. */
  stands(ports: readonly number[]): void
  /** How many sockets this node holds. */
  socketsOf(port: number): number
  close(): Promise<void>
}

export async function aBalancer(): Promise<Balancer> {
  let nodes: number[] = []
  const ready = new Set<number>()
  const sockets = new Map<Socket, number>()
  const pending = new Map<number, Set<() => void>>()
  let turn = 0
  let closed = false

  async function ask(port: number): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) ready.add(port)
    else {
      ready.delete(port)
      for (const giveUp of pending.get(port) ?? []) giveUp()
    }
  }

  const asking = (async () => {
    for (; !closed; await delay(ASK_EVERY_MS)) await Promise.all(nodes.map(ask))
  })()

  async function aReadyNode(): Promise<number | undefined> {
    for (const end = performance.now() + OFFERED_MS; performance.now() < end && !closed; await delay(20)) {
      const some = nodes.filter((port) => ready.has(port))
      if (some.length > 0) return some[turn++ % some.length]
    }
    return undefined
  }

  const server = createServer((incoming, outgoing) => {
    void buffer(incoming).then(async (body) => {
      const answer = await forwarded(incoming, body)
      if (!answer) return outgoing.writeHead(502).end()
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
  })

  async function forwarded(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage | undefined> {
    for (;;) {
      const port = await aReadyNode()
      if (port === undefined) return undefined
      const answer = await once(port, incoming, body)
      if (answer !== 'never taken') return answer
      ready.delete(port)
    }
  }

  function once(port: number, { method, url, headers }: IncomingMessage, body: Buffer) {
    return new Promise<IncomingMessage | 'never taken' | undefined>((resolve) => {
      const on = { host: '127.0.0.1', port, method, path: url, agent: false } as const
      const asked = request({ ...on, headers: { ...headers, 'x-forwarded-for': '127.0.0.1', connection: 'close' } })
      const owed = pending.get(port) ?? new Set()
      pending.set(port, owed)
      const giveUp = () => asked.destroy(new Error('the node does not answer'))
      owed.add(giveUp)
      asked.once('response', resolve)
      asked.once('close', () => owed.delete(giveUp))
      asked.on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ECONNREFUSED' ? 'never taken' : undefined),
      )
      asked.end(body)
    })
  }

  server.on('upgrade', (incoming, near, head) => {
    void aReadyNode().then((port) => {
      if (port === undefined) return near.destroy()
      const far = connect(port, '127.0.0.1', () => {
        const lines = incoming.rawHeaders.reduce(
          (text, word, index) => text + word + (index % 2 === 0 ? ': ' : '\r\n'),
          `${incoming.method} ${incoming.url} HTTP/1.1\r\n`,
        )
        far.write(`${lines}\r\n`)
        far.write(head)
        far.pipe(near).pipe(far)
      })
      sockets.set(far, port)
      far.once('close', () => {
        sockets.delete(far)
        near.destroy()
      })
      near.once('close', () => far.destroy())
      for (const each of [far, near]) each.on('error', () => {})
    })
  })

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stands: (ports) => {
      nodes = [...ports]
      for (const port of ready) if (!nodes.includes(port)) ready.delete(port)
    },
    socketsOf: (port) => [...sockets.values()].filter((each) => each === port).length,
    close: async () => {
      closed = true
      await asking
      for (const far of sockets.keys()) far.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
