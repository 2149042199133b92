/**
 * A customer whom the site knows: a JWT made by the site's server. The algorithm is pinned by the settings and never read from the
 * token, its audience is this channel, it lives ten minutes at most, and its `jti` counts once (the journal holds the key).
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { z } from 'zod'
import { emailUpTo } from '#contract/email.ts'

export const MIN_SECRET = 32
/** Seconds. */
const LONGEST_LIFE = 600

const Header = z.object({ alg: z.string(), crit: z.undefined().optional() })
const Claims = z.object({
  aud: z.union([z.string(), z.tuple([z.string()])]),
  sub: z.string().min(1).max(200),
  exp: z.number(),
  nbf: z.number().optional(),
  jti: z.string().min(8).max(200),
  name: z.string().max(200).optional(),
  email: emailUpTo(200).optional(),
  phone: z.string().max(40).optional(),
})

export type Customer = Pick<z.infer<typeof Claims>, 'sub' | 'jti' | 'name' | 'email' | 'phone'>

export interface IdentitySettings {
  identitySecret?: string | undefined
  identityKey?: string | undefined
}

/** @returns null: not to be believed, for whatever reason */
export function customerOf(jwt: string, settings: IdentitySettings, audience: string, now: Date): Customer | null {
  const [head = '', body = '', signature = '', ...rest] = jwt.split('.')
  if (rest.length > 0) return null
  const proof = Buffer.from(signature, 'base64url')
  // Reading base64url forgives rubbish, and one proof would have many spellings.
  if (proof.toString('base64url') !== signature) return null
  const signed = Buffer.from(`${head}.${body}`)
  const header = read(Header, head)
  if (!header || !isSigned(header.alg, signed, proof, settings)) return null
  const claims = read(Claims, body)
  if (!claims) return null
  const seconds = now.getTime() / 1000
  const [aud] = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (aud !== audience) return null
  if (claims.exp <= seconds || claims.exp - seconds > LONGEST_LIFE) return null
  if (claims.nbf !== undefined && claims.nbf > seconds + 60) return null
  const { sub, jti, name, email, phone } = claims
  return { sub, jti, ...(name ? { name } : {}), ...(email ? { email } : {}), ...(phone ? { phone } : {}) }
}

/** One algorithm per site: a public key must never be taken for an HMAC secret. */
function isSigned(
  alg: string,
  signed: Buffer,
  proof: Buffer,
  { identityKey, identitySecret }: IdentitySettings,
): boolean {
  if (identityKey) return alg === 'EdDSA' && verify(null, signed, createPublicKey(identityKey), proof)
  if (!identitySecret || alg !== 'HS256') return false
  const ours = createHmac('sha256', identitySecret).update(signed).digest()
  return proof.length === ours.length && timingSafeEqual(proof, ours)
}

function read<T>(schema: z.ZodType<T>, part: string): T | null {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString())).data ?? null
  } catch {
    // Whatever is no JSON is no token.
    return null
  }
}

export function isIdentityKey(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
