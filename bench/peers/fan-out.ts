/**
 * The limit and the peer of push: a webhook is checked as Parley does and goes to every socket at once, stored nowhere. `BENCH_FAN_OUT` says
 * by what: `ws`, its frame encoded once, or `socket.io`, websockets alone. Prints its address.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server as SocketIo } from 'socket.io'
import { WebSocketServer } from 'ws'
import { SIGNATURE, signatureOf, type Told } from '#tests/faults/connectors/network.ts'

const secret = process.env.BENCH_SECRET!
const server = createServer((request, response) => {
  void takeHook(request).then((status) => response.writeHead(status).end())
})
const tell = process.env.BENCH_FAN_OUT === 'socket.io' ? bySocketIo() : byWs()

async function takeHook(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  if (request.headers[SIGNATURE] !== signatureOf(bytes, secret)) return 401
  tell(frameOf(JSON.parse(bytes.toString()) as Told))
  return 200
}

function byWs(): (frame: object) => void {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) => socket.send('{"reset":""}'))
  return (frame) => {
    const bytes = Buffer.from(JSON.stringify(frame))
    for (const socket of sockets.clients) socket.send(bytes, { binary: false })
  }
}

function bySocketIo(): (frame: object) => void {
  const io = new SocketIo(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
  return (frame) => io.emit('frame', frame)
}

let frames = 0
/** As much as Parley says of a message: it, and the row of its conversation. */
const frameOf = ({ id, text, chat }: Told) => ({
  cursor: `${String(++frames).padStart(12, '0')}${PADDING.slice(0, 80)}`,
  events: [
    {
      kind: 'message.added',
      message: { id, content: { parts: [{ kind: 'text', text }] }, rest: PADDING.slice(0, 640) },
    },
    { kind: 'conversation.changed', conversation: { id: chat, rest: PADDING } },
  ],
})
const PADDING = 'as much as the other views hold '.repeat(24)

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => process.exit(0))
