/** Telegram's POST to us: one update, vouched for by the secret we gave with `setWebhook`. There is no signature over the body. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, Event, Json, Opened, WebhookRequest } from '#connector-kit/connector.ts'
import type { Settings } from './settings.ts'

const SECRET_HEADER = 'x-telegram-bot-api-secret-token'

export function open(request: WebhookRequest, c: Context<Settings>): Opened {
  if (request.method !== 'POST') return { refuse: 404 }
  if (!c.secret || !isSame(request.headers[SECRET_HEADER] ?? '', c.secret)) return { refuse: 401 }
  const update = parsed(request.bytes)
  const event = update === undefined ? undefined : eventOf(update)
  return event ? { events: [event] } : { refuse: 400 }
}

/** Both sides are hashed first: neither the length nor the place of the first difference can be timed. */
const isSame = (told: string, ours: string): boolean => timingSafeEqual(sha256(told), sha256(ours))
const sha256 = (text: string) => createHash('sha256').update(text).digest()

function parsed(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** An update as an event: its number tells repeats, its chat keeps the order. */
export function eventOf(update: Json): Event | undefined {
  const number = field(update, 'update_id')
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  return { key: String(number), lane: laneOf(update), body: update }
}

/** The chat; else the person, else the poll, else the update alone. */
function laneOf(update: Json): string {
  const kind = Object.keys(update as object).find((key) => key !== 'update_id')
  const payload = kind === undefined ? undefined : field(update, kind)
  const place =
    idOf(field(payload, 'chat')) ??
    idOf(field(field(payload, 'message'), 'chat')) ??
    idOf(field(payload, 'user')) ??
    idOf(field(payload, 'from')) ??
    idOf(field(payload, 'voter_chat'))
  return place ?? `${kind ?? 'update'}:${named(field(payload, 'id') ?? field(update, 'update_id'))}`
}

const field = (holder: Json, name: string): Json =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Record<string, Json>)[name]
    : undefined

const idOf = (holder: Json): string | undefined => {
  const id = field(holder, 'id')
  return typeof id === 'number' || typeof id === 'string' ? String(id) : undefined
}

const named = (id: Json): string => (typeof id === 'number' || typeof id === 'string' ? String(id) : '')
