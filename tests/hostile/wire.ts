/** Sends what a fuzzer made, as it is: ordinary HTTP, or bytes that are none. Nothing here hangs: silence is an outcome of its own. */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'

export interface HttpInput {
  readonly method: string
  /** From the first slash on. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

export interface HttpAnswer {
  /** 0: the connection was closed without a word. */
  readonly status: number
  readonly text: string
}

/** Longer than any limit of the server but the one of a poll that waits for news. */
const PATIENCE_MS = 20_000

export class Hangs extends Error {}

export function wire(url: string) {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })

  /** @throws Hangs */
  const send = ({ method, path, headers, body }: HttpInput, patienceMs = PATIENCE_MS): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      // Said for every method: Node would send the body of a GET without saying where it ends.
      const framed = { ...headers, ...(body ? { 'content-length': String(body.length) } : {}) }
      const asked = request({ agent, hostname, port, method, path, headers: framed }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('close', () => {
          clearTimeout(timer)
          resolve({ status: answer.statusCode!, text: Buffer.concat(chunks).toString() })
        })
        answer.on('error', () => {})
      })
      let isOver = false
      const timer = setTimeout(() => {
        isOver = true
        reject(new Hangs(`${method} ${path.slice(0, 100)}: no answer within ${patienceMs / 1000} s`))
        asked.destroy()
      }, patienceMs)
      asked.on('error', () => {
        clearTimeout(timer)
        if (isOver) return
        // A kept connection was closed after the answer before (413 leaves a body unread): not this input's affair.
        if (asked.reusedSocket)
          resolve(
            send({ method, path, headers: { ...headers, connection: 'close' }, ...(body ? { body } : {}) }, patienceMs),
          )
        else resolve({ status: 0, text: '' })
      })
      asked.end(body)
    })

  /** Bytes on a connection of their own, which is then half closed. @throws Hangs */
  const raw = (bytes: Buffer): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      const chunks: Buffer[] = []
      const timer = setTimeout(() => {
        reject(new Hangs('bytes on a bare connection: neither answered nor closed'))
        socket.destroy()
      }, PATIENCE_MS)
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('error', () => {})
      socket.on('close', () => {
        clearTimeout(timer)
        const text = Buffer.concat(chunks).toString('latin1')
        resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text })
      })
      socket.end(bytes)
    })

  return { send, raw, close: () => agent.destroy() }
}
export type Wire = ReturnType<typeof wire>
