/** Telegram's webhook under fire: real updates, damaged; the secret right, wrong, or none. */
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import type { Random } from './chance.ts'
import { damagedBytes, damagedJson } from './damage.ts'
import { addressOf, bareBytes, isTaken, ODD_PATHS, type Fuzzer, type HookTarget } from './hook-fuzzer.ts'
import { rubbish } from './chance.ts'

const SECRET = 'x-telegram-bot-api-secret-token'
/** The platform's own number of an update, of this run. */
const FIRST_UPDATE = 10_000_000
const CHATS = 500

const UPDATES = readGoldens(new URL('../../connectors/telegram/testdata/', import.meta.url)).incoming.flatMap(
  ({ request, event }) =>
    typeof request?.body === 'object' ? [request.body as object] : event ? [event.body as object] : [],
)

export const telegramFuzzer = (target: HookTarget, secret: string): Fuzzer =>
  async function fire(number, random, tell) {
    const signed = random.chance(0.6)
    const update = inOtherChats({ ...random.pick(UPDATES), update_id: FIRST_UPDATE + number }, random)
    const input = {
      method: random.chance(0.97) ? 'POST' : random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']),
      path: random.chance(0.97)
        ? target.hook
        : random.pick(ODD_PATHS.map((path) => `${target.hook}${path}`).concat(STRANGE)),
      headers: {
        'content-type': random.chance(0.9) ? 'application/json' : random.pick(TYPES),
        'x-forwarded-for': addressOf(number),
        ...(signed ? { [SECRET]: secret } : forgery(secret, random)),
      },
      body: bodyOf(update, random),
    }
    const bare = random.chance(0.01)
    tell?.(input)
    const answer = bare ? await target.wire.raw(bareBytes(input, random)) : await target.wire.send(input)
    if (!isTaken(target, number, answer, bare)) return
    const id = updateIdIn(input.body)
    if (bare) return
    if (!signed) target.found.blame(number, 'taken without the secret')
    else if (input.method !== 'POST' || id === undefined) target.found.blame(number, 'taken although it is no update')
    else target.thanked.add(String(id))
  }

const STRANGE = ['/hooks/', '/hooks/x', '/hooks/00000000-0000-7000-8000-000000000000', '/hooks/%00', '/hooks/%ff']
const TYPES = [
  '',
  'text/plain',
  'application/octet-stream',
  'multipart/form-data',
  'application/xml; charset=utf-7',
  '*/*',
]

function bodyOf(update: object, random: Random): Buffer {
  const kind = random.weighted({ sound: 5, json: 55, bytes: 22, both: 8, rubbish: 6, large: 1, empty: 3 })
  switch (kind) {
    case 'sound':
      return Buffer.from(JSON.stringify(update))
    case 'json':
      return damagedJson(update, random)
    case 'bytes':
      return damagedBytes(Buffer.from(JSON.stringify(update)), random)
    case 'both':
      return damagedBytes(damagedJson(update, random), random)
    case 'rubbish':
      return rubbish(random, random.between(1, 400))
    case 'large':
      return Buffer.from(JSON.stringify({ ...update, x: 'x'.repeat(random.between(900_000, 1_300_000)) }))
    case 'empty':
      return Buffer.alloc(0)
  }
}

const forgery = (secret: string, random: Random): Record<string, string> =>
  random.pick<() => Record<string, string>>([
    () => ({}),
    () => ({ [SECRET]: '' }),
    () => ({ [SECRET]: secret.slice(0, -1) }),
    () => ({ [SECRET]: `${secret}x` }),
    () => ({ [SECRET]: `${secret}, ${secret}` }),
    () => ({ [SECRET]: `${secret.slice(1)}${secret[0]}` }),
    () => ({ [SECRET]: 'x'.repeat(random.between(1, 8_000)) }),
    () => ({
      [SECRET]: String.fromCharCode(...rubbish(random, 20).map((byte) => (byte < 33 || byte === 127 ? 255 : byte))),
    }),
    () => ({ authorization: `Bearer ${secret}` }),
  ])()

/** Chats of their own for many updates: one chat is one lane, read one after the other. */
function inOtherChats(update: object, random: Random): object {
  const shift = random.between(0, CHATS)
  return JSON.parse(JSON.stringify(update), (key: string, value: unknown) =>
    (key === 'chat' || key === 'from' || key === 'user') && typeof value === 'object' && value !== null
      ? moved(value as { id?: unknown }, shift)
      : value,
  ) as object
}

const moved = (who: { id?: unknown }, shift: number) =>
  typeof who.id === 'number' ? { ...who, id: who.id + Math.sign(who.id) * shift } : who

function updateIdIn(body: Buffer): number | undefined {
  try {
    const { update_id: id } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as {
      update_id?: unknown
    }
    return Number.isSafeInteger(id) ? (id as number) : undefined
  } catch {
    return undefined
  }
}
