/** Who talks to a site's chat in a fuzz run: visitors whom Parley has greeted, customers whom the site signed, and forgers of both. */
import { createHmac, randomUUID } from 'node:crypto'
import type { Random } from './chance.ts'
import type { Wire } from './wire.ts'

export const SITE = 'https://shop.example'
export const SITE_SECRET = 'a secret of the site that is long enough'

export interface Greeted {
  readonly token: string
  readonly chats: readonly string[]
}

/** Everybody whom Parley has greeted in this run, by token. */
export type Guests = Map<string, readonly string[]>

/** @returns so many strangers, greeted */
export async function greeted(wire: Wire, hook: string, count: number): Promise<Guests> {
  const guests: Guests = new Map()
  for (let n = 0; n < count; n++) {
    const headers = { origin: SITE, 'content-type': 'application/json', 'x-forwarded-for': `10.255.${n >> 6}.9` }
    const body = Buffer.from('{"t":"hello"}')
    const { status, text } = await wire.send({ method: 'POST', path: `${hook}/frame`, headers, body })
    if (status !== 200) throw new Error(`a hello was answered with ${status}: ${text}`)
    const welcome = JSON.parse(text) as Greeted
    guests.set(welcome.token, welcome.chats)
  }
  return guests
}

export const someGuest = (guests: Guests, random: Random): Greeted => {
  const [token, chats] = random.pick([...guests])
  return { token, chats }
}

/** A token that nobody issued. */
export function forgedToken(guests: Guests, random: Random): string {
  const [payload, seal] = someGuest(guests, random).token.split('.') as [string, string]
  const other = someGuest(guests, random).token.split('.') as [string, string]
  const written = Buffer.from(JSON.stringify({ c: [`v:${randomUUID()}`], t: 99_999 })).toString('base64url')
  const forged = random.pick<string>([
    `${payload}.${seal.slice(0, -2)}`,
    `${written}.${seal}`,
    `${written}.`,
    `.${seal}`,
    payload,
    `${payload}.${seal}.${seal}`,
    `${payload}.${other[1]}=`,
    `${payload}.${seal}=`,
    `${payload}.${seal.slice(0, 20)}!${seal.slice(20)}`,
    `${payload.toLowerCase()}.${seal}`,
    'null',
    'x'.repeat(random.between(1, 3_000)),
  ])
  return guests.has(forged) ? 'x' : forged
}

/** What the site's server signs for its customer. */
export function signedCustomer(channel: string, subject: string, spoil?: Random): string {
  const seconds = Math.floor(Date.now() / 1000)
  const head: object = { alg: 'HS256', typ: 'JWT' }
  const claims: object = { aud: channel, sub: subject, exp: seconds + 300, jti: randomUUID(), name: 'Carla' }
  if (!spoil) return jwt(head, claims, SITE_SECRET)
  return spoil.pick<() => string>([
    () => jwt({ alg: 'none' }, claims, SITE_SECRET),
    () => `${jwt(head, claims, SITE_SECRET).split('.').slice(0, 2).join('.')}.`,
    () => jwt(head, claims, 'another secret that is long enough too'),
    () => jwt(head, { ...claims, aud: randomUUID() }, SITE_SECRET),
    () => jwt(head, { ...claims, exp: seconds - 1 }, SITE_SECRET),
    () => jwt(head, { ...claims, exp: seconds + 86_400 }, SITE_SECRET),
    () => jwt(head, { ...claims, exp: '9e99' }, SITE_SECRET),
    () => jwt(head, { ...claims, sub: { toString: 1 } }, SITE_SECRET),
    () => jwt(head, { ...claims, jti: null }, SITE_SECRET),
    () => jwt({ alg: 'HS256', crit: ['x'] }, claims, SITE_SECRET),
    () => jwt({ alg: 'EdDSA' }, claims, SITE_SECRET),
    () => `${'e30.'.repeat(3)}e30`,
    () => '..',
  ])()
}

function jwt(head: object, claims: object, secret: string): string {
  const signed = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
