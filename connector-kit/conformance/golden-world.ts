/** What a golden runs in: an account from `testdata/account.json`, a clock and ids that derive from the golden's label. */
import { createHash } from 'node:crypto'
import type { Context, Me, WebhookRequest } from '../connector.ts'

/** `testdata/account.json`: whose goldens these are. Settings as the form gives them; nothing in it is real. */
export interface GoldenAccount {
  settings: Record<string, unknown>
  me: Me
}

/** The id of the channel in every golden: tokens in recorded requests are made for it. */
export const GOLDEN_CHANNEL = '00000000-0000-7000-8000-0000000c0de5'
/** The secret that `webhook.open` compares. */
export const GOLDEN_SECRET = 'golden-secret-of-the-webhook'

export interface GoldenSituation {
  label: string
  /** Default: an hour of 2026 that the label decides. */
  now?: string
  kept?: Record<string, string>
  settings?: Record<string, unknown>
  me?: Partial<Me>
}

export function goldenContext<S>(
  { label, now, kept = {}, settings, me }: GoldenSituation,
  account: GoldenAccount,
  parse: (settings: unknown) => S,
): Context<S> & { secret: string } {
  return {
    channel: GOLDEN_CHANNEL,
    secret: GOLDEN_SECRET,
    settings: parse({ ...account.settings, ...settings }),
    me: { ...account.me, ...me },
    kept,
    now: now ? new Date(now) : hourOf(label),
    publicUrl: (file) => `https://parley.example/files/${'file' in file ? file.file : 'remote'}`,
  }
}

const YEAR_HOURS = 365 * 24
const digest = (label: string) => createHash('sha256').update(label).digest()

const hourOf = (label: string): Date =>
  new Date(Date.UTC(2026, 0, 1) + (digest(label).readUInt32BE() % YEAR_HOURS) * 3_600_000)

/** The key of a golden's op. */
export function keyOf(label: string): string {
  const hex = digest(label).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export interface GoldenRequest {
  method?: string
  path?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  /** A string is taken byte for byte; anything else is written as JSON. */
  body?: unknown
}

export function webhookRequestOf(label: string, request: GoldenRequest): WebhookRequest {
  const { method = 'POST', path = '', query = {}, headers = {}, body = '' } = request
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    method,
    path,
    query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    bytes: new TextEncoder().encode(text),
    random: digest(`random ${label}`).toString('base64url'),
  }
}
