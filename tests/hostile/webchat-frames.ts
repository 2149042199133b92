/** Visitors' frames, sound and damaged, by whichever road they go, and what is earned by their answers. */
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import { rubbish, type Random } from './chance.ts'
import { damagedBytes, damagedJson } from './damage.ts'
import type { HookTarget } from './hook-fuzzer.ts'
import { forgedToken, signedCustomer, someGuest, type Guests } from './visitors.ts'

export interface ChatTarget extends HookTarget {
  readonly channel: string
  readonly guests: Guests
  /** Customers' JWTs that are good. */
  readonly signed: Set<string>
}

export type Frame = Record<string, unknown>

const FRAMES = readGoldens(new URL('../../connectors/webchat/testdata/', import.meta.url)).incoming.flatMap(
  ({ request }) => (typeof request?.body === 'object' && request.path === '/frame' ? [request.body as Frame] : []),
)
/** A frame with an id of its own, often damaged. */
export function someFrame(target: ChatTarget, number: number, random: Random): Buffer {
  const frame = soundFrame(target, number, random)
  const kind = random.weighted({ sound: 6, json: 58, bytes: 20, both: 8, rubbish: 5, large: 3 })
  switch (kind) {
    case 'sound':
      return Buffer.from(JSON.stringify(frame))
    case 'json':
      return damagedJson(frame, random)
    case 'bytes':
      return damagedBytes(Buffer.from(JSON.stringify(frame)), random)
    case 'both':
      return damagedBytes(damagedJson(frame, random), random)
    case 'rubbish':
      return rubbish(random, random.between(0, 300))
    case 'large':
      return Buffer.from(JSON.stringify({ ...frame, x: 'x'.repeat(random.pick([60_000, 70_000, 1_100_000])) }))
  }
}

function soundFrame(target: ChatTarget, number: number, random: Random): Frame {
  if (random.chance(0.15)) {
    const jwt = random.chance(0.5) ? signedCustomer(target.channel, `c${number}`) : undefined
    if (jwt) target.signed.add(jwt)
    const token = random.chance(0.5) ? someGuest(target.guests, random).token : forgedToken(target.guests, random)
    return {
      t: 'hello',
      ...(random.chance(0.5) ? { token } : {}),
      ...(random.chance(0.4) ? { jwt: jwt ?? signedCustomer(target.channel, `f${number}`, random) } : {}),
      after: { [someGuest(target.guests, random).chats[0]!]: random.between(0, 9) },
    }
  }
  const frame = random.pick(FRAMES)
  return 'id' in frame ? { ...frame, id: `fuzz-${number}-${random.between(0, 1e9)}` } : { ...frame }
}

/** Of a frame that was answered: whoever said it might, and what is acknowledged must be in the journal. */
export function judgeFrame(
  { guests, signed, thanked, found }: ChatTarget,
  number: number,
  { sent, said, chats }: { sent: Buffer; said: string; chats: readonly string[] | undefined },
): void {
  const frame = frameIn(sent)
  if (!frame) return found.blame(number, 'taken although it is no frame')
  if (frame.t === 'hello') {
    const { token, jwt } = frame
    if (token !== undefined && !guests.has(token as string)) return found.blame(number, 'greeted by a forged token')
    if (jwt !== undefined && !signed.has(jwt as string)) return found.blame(number, 'greeted as a forged customer')
    return
  }
  if (!chats) return found.blame(number, 'an act of nobody was taken')
  const answer = said === '' ? undefined : (JSON.parse(said) as Frame)
  if (answer?.t !== 'ack') return
  const chat = (frame.chat as string | undefined) || chats[0]!
  if (!chats.includes(chat)) return found.blame(number, 'an act in somebody else’s chat was taken')
  thanked.add(`${chat} ${frame.t as string} ${frame.id as string}`)
}

/** As the server reads it: behind a byte order mark too. */
export function frameIn(bytes: Buffer): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof frame === 'object' && frame !== null ? (frame as Frame) : undefined
  } catch {
    return undefined
  }
}
