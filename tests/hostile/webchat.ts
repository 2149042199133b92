/** The site chat's requests under fire: frames by POST, polls, files, addresses that are none; sockets stand in `webchat-socket.ts`. */
import { rubbish, type Random } from './chance.ts'
import { addressOf, bareBytes, isTaken, ODD_PATHS, type Fuzzer } from './hook-fuzzer.ts'
import { forgedToken, SITE, someGuest } from './visitors.ts'
import { judgeFrame, someFrame, type ChatTarget } from './webchat-frames.ts'
import { fireSocket } from './webchat-socket.ts'
import { Hangs } from './wire.ts'

const POLL_MS = 300

export const webchatFuzzer = (target: ChatTarget): Fuzzer =>
  async function fire(number, random, tell) {
    return random.chance(0.4) ? fireSocket(target, number, random, tell) : fireRequest(target, number, random, tell)
  }

async function fireRequest(target: ChatTarget, number: number, random: Random, tell?: (input: unknown) => void) {
  const { guests, hook, wire, found } = target
  const own = random.chance(0.65)
  const guest = someGuest(guests, random)
  const token = own ? guest.token : random.chance(0.8) ? forgedToken(guests, random) : undefined
  const ours = random.chance(0.92)
  const kind = random.weighted({ frame: 76, poll: 4, upload: 6, file: 4, config: 3, odd: 7 })
  const headers = {
    'content-type': kind === 'upload' && random.chance(0.8) ? 'application/octet-stream' : 'application/json',
    'x-forwarded-for': addressOf(number),
    ...(ours ? { origin: SITE } : random.pick<Record<string, string>>(FOREIGN)),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(kind === 'upload'
      ? { 'x-file-name': random.pick(['a.png', '%', '..%2f..%2fa', '%00', 'a'.repeat(4_000)]) }
      : {}),
  }
  const [path, usual] = ADDRESSES[kind](random)
  const method = random.chance(0.95) ? usual : random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? (kind === 'upload' ? upload(random) : someFrame(target, number, random)) : undefined
  const input = { method, path: `${hook}${path}`, headers, ...(body ? { body } : {}) }
  const bare = random.chance(0.01)
  tell?.(input)
  const isPoll = path === '/poll' && own && ours && method === 'POST' && !bare
  const answer = await (
    bare ? wire.raw(bareBytes(input, random)) : wire.send(input, isPoll ? POLL_MS : undefined)
  ).catch((error: unknown) => {
    // It waits for news, as it was asked to.
    if (isPoll && error instanceof Hangs) return null
    throw error
  })
  if (!answer) return found.count('waits')
  if (!isTaken(target, number, answer, bare) || bare) return
  if (!ours) return found.blame(number, `taken from a foreign site: ${method} ${path}`)
  if (method === 'OPTIONS' || path === '/config') return
  if (path !== '/frame') return own ? undefined : found.blame(number, `taken from nobody: ${method} ${path}`)
  judgeFrame(target, number, { sent: body!, said: answer.text, chats: own ? guest.chats : undefined })
}

const FOREIGN: readonly Record<string, string>[] = [
  {},
  { origin: 'null' },
  { origin: 'https://shop.example.evil.example' },
  { origin: 'https://evil.example' },
  { origin: 'http://shop.example' },
  { origin: 'https://shop.example:444' },
  { origin: 'https://shop.example@evil.example' },
  { origin: '*' },
  { origin: '' },
]

const ADDRESSES = {
  frame: () => ['/frame', 'POST'],
  poll: () => ['/poll', 'POST'],
  upload: () => ['/files', 'POST'],
  file: (random) => [
    random.pick(['/files/', '/files/x', '/files/0190f8a0-1111-7000-8000-00000000000a', '/files/-']),
    'GET',
  ],
  config: () => ['/config', 'GET'],
  odd: (random) => [random.pick(ODD_PATHS), 'POST'],
} satisfies Record<string, (random: Random) => readonly [path: string, method: string]>

/** Files that are what they are not. */
const upload = (random: Random): Buffer =>
  Buffer.concat([
    random.pick([
      Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x06\0\0\0', 'latin1'),
      Buffer.from('GIF89a'),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'),
      Buffer.from('PK\x03\x04', 'latin1'),
      Buffer.from('%PDF-1.7'),
      Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
      Buffer.alloc(0),
    ]),
    rubbish(random, random.between(0, 300)),
  ])
