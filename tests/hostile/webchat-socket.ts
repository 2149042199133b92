/** A visitor's socket under fire: a hello or none, a few damaged frames, then a ping; it ends with an answer or with a closed door. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { rubbish, type Random } from './chance.ts'
import { addressOf } from './hook-fuzzer.ts'
import { SITE, someGuest } from './visitors.ts'
import { frameIn, judgeFrame, someFrame, type ChatTarget, type Frame } from './webchat-frames.ts'

const PATIENCE_MS = 20_000
/** What may be said when a door is closed: 1011 would be our own fault. */
const CLOSES = new Set([1000, 1002, 1003, 1005, 1006, 1007, 1009, 4400, 4401])
const STATUSES = new Set([400, 401, 403, 404, 413, 415, 426, 429, 503])
const SAID = new Set(['welcome', 'ack', 'pong', 'entry', 'passing', 'refused', 'wait'])

export async function fireSocket(
  target: ChatTarget,
  number: number,
  random: Random,
  tell?: (input: unknown) => void,
): Promise<void> {
  if (random.chance(0.05)) return bareFrames(target, number, random, tell)
  const { url, hook, guests, found } = target
  const ours = random.chance(0.92)
  const guest = random.chance(0.7) ? someGuest(guests, random) : undefined
  const frames = Array.from({ length: random.between(1, 3) }, () => someFrame(target, number, random))
  const isBinary = random.chance(0.03)
  tell?.({ ours, guest, isBinary, frames: frames.map(String) })
  const headers = {
    'x-forwarded-for': addressOf(number),
    ...(ours ? { origin: SITE } : { origin: 'https://evil.example' }),
  }
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${hook}/socket`, { headers, perMessageDeflate: false })
  let chats = guest?.chats
  /** Said and not yet answered, in order. */
  const waiting: Buffer[] = []
  let said = 0
  const ended = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    found.blame(number, `a socket hangs: ${waiting.length} frames without an answer`)
    socket.terminate()
  }, PATIENCE_MS)
  const say = (frame: Buffer) => {
    waiting.push(frame)
    // As text, even where it is no UTF-8.
    socket.send(frame, { binary: isBinary })
  }
  socket.on('open', () => {
    if (guest) say(Buffer.from(JSON.stringify({ t: 'hello', token: guest.token })))
    for (const frame of frames) say(frame)
    say(Buffer.from('{"t":"ping"}'))
  })
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame
    if (!SAID.has(frame.t as string)) found.blame(number, `said ${data.toString().slice(0, 100)}`)
    if (frame.t === 'entry' || frame.t === 'passing') return
    said++
    if (frame.t === 'refused') {
      found.count(String(frame.status))
      if (!STATUSES.has(frame.status as number)) found.blame(number, `refused with ${String(frame.status)}`)
      return
    }
    found.count(String(frame.t))
    if (!ours) found.blame(number, `a foreign site was answered: ${String(frame.t)}`)
    if (frame.t === 'wait') return socket.close()
    const sent = takeAnswered(waiting, frame)
    if (frame.t === 'pong') return waiting.length === 0 ? socket.close() : undefined
    if (sent) judgeFrame(target, number, { sent, said: data.toString(), chats })
    if (frame.t === 'welcome') {
      chats = frame.chats as string[]
      guests.set(frame.token as string, chats)
    }
  })
  socket.on('unexpected-response', (_request, answer) => {
    found.count(String(answer.statusCode))
    answer.resume()
    socket.terminate()
  })
  socket.on('error', () => {})
  socket.on('close', (code) => {
    if (said === 0) found.count(`closed ${code}`)
    if (!CLOSES.has(code)) found.blame(number, `closed with ${code}`)
    clearTimeout(timer)
    ended.resolve()
  })
  await ended.promise
}

/** Frames are answered in order; those before the one that this answer fits were refused, or have no answer (`seen`, `typing`). */
function takeAnswered(waiting: Buffer[], answer: Frame): Buffer | undefined {
  const at = waiting.findIndex((sent) => isAnswerTo(answer, sent))
  return waiting.splice(0, at + 1).at(-1)
}

function isAnswerTo(answer: Frame, sent: Buffer): boolean {
  const frame = frameIn(sent)
  if (answer.t === 'welcome') return frame?.t === 'hello'
  if (answer.t === 'pong') return frame?.t === 'ping'
  return answer.t === 'ack' && frame !== undefined && frame.id === answer.id
}

/** Bytes where frames are expected: lengths that lie, reserved bits, no mask, fragments without end. */
function bareFrames({ url, hook, found }: ChatTarget, number: number, random: Random, tell?: (input: unknown) => void) {
  const { hostname, port } = new URL(url)
  const bytes = random.pick<() => Buffer>([
    () => rubbish(random, random.between(1, 200)),
    () => Buffer.from([0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f]),
    () => Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    () => Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    () => Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    () => Buffer.from([0x81, 0xfe, 0x00, 0x05, 0, 0, 0, 0, 1, 2]),
    () => Buffer.concat(Array.from({ length: 400 }, () => Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x7b]))),
    () => Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]),
    () => Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
    () => Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
  ])()
  tell?.({ bareFrames: bytes.toString('hex') })
  return new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname)
    const timer = setTimeout(() => {
      found.blame(number, 'a socket of bare bytes hangs')
      socket.destroy()
    }, PATIENCE_MS)
    socket.write(
      `GET ${hook}/socket HTTP/1.1\r\nhost: parley\r\norigin: ${SITE}\r\nx-forwarded-for: ${addressOf(number)}\r\n` +
        `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n` +
        `sec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    )
    socket.once('data', () => socket.end(bytes))
    socket.on('data', () => {})
    socket.on('error', () => {})
    socket.on('close', () => {
      found.count('bare frames')
      clearTimeout(timer)
      resolve()
    })
  })
}
