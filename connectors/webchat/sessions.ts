/**
 * A visitor's session: a secret that we issue and can check without keeping it. It names the chats its holder may read.
 *
 * token  payload.seal    seal = HMAC-SHA256 under the channel's own secret
 * chat   `v:…` a browser that nobody vouched for · `u:…` a customer whom the site's server vouched for
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

export interface Session {
  /** The first is where new words go. */
  readonly chats: readonly [string, ...string[]]
}

/** Renewed with each hello, so only a browser that stayed away this long begins anew. */
const DAYS = 180
const DAY_MS = 86_400_000
const PURPOSE = 'parley visitor session 1'

const Payload = z.object({ c: z.tuple([z.string()], z.string()), t: z.int() })

export function issue({ chats }: Session, secret: string, now: Date): string {
  const payload = Buffer.from(JSON.stringify({ c: chats, t: Math.floor(now.getTime() / DAY_MS) })).toString('base64url')
  return `${payload}.${seal(payload, secret).toString('base64url')}`
}

/** @returns null: not ours, altered, of another channel, or too old */
export function sessionOf(token: string, secret: string, now: Date): Session | null {
  const [payload = '', sealed = '', ...rest] = token.split('.')
  // Compared as it is written: reading base64url forgives rubbish, and one session would have many spellings.
  const theirs = Buffer.from(sealed)
  const ours = Buffer.from(seal(payload, secret).toString('base64url'))
  if (rest.length > 0 || theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) return null
  const { data } = Payload.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return data && now.getTime() / DAY_MS - data.t <= DAYS ? { chats: data.c } : null
}

/** @param random  of the request: 256 unguessable bits */
export const newVisitor = (random: string): Session => ({
  chats: [`v:${createHash('sha256').update(random).digest('base64url').slice(0, 22)}`],
})

export const chatOfCustomer = (subject: string): string => `u:${subject}`
export const isCustomer = (chat: string): boolean => chat.startsWith('u:')

/**
 * The session after the site vouched for its customer. What an unknown browser said before stays readable in it; another customer's
 * session does not: browsers are shared, and who signs out and in again is somebody else.
 * @returns `was`: the unknown visitor who has now been named
 */
export function signedIn(before: Session | null, customer: string): { session: Session; was?: string } {
  const chat = chatOfCustomer(customer)
  if (before?.chats[0] === chat) return { session: before }
  const unknown = before && !isCustomer(before.chats[0]) ? before.chats[0] : undefined
  return unknown ? { session: { chats: [chat, unknown] }, was: unknown } : { session: { chats: [chat] } }
}

const seal = (payload: string, secret: string): Buffer =>
  createHmac('sha256', secret).update(`${PURPOSE}\n${payload}`).digest()
