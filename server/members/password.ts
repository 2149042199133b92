/** Passwords: argon2id. Unknown accounts cost the same time as known ones, so that an answer tells nothing. */
import { hash, verify } from '@node-rs/argon2'

/** The package's enum is for TypeScript only. */
const ARGON2ID = 2

/** OWASP's second recommendation (19 MiB, 2 passes) is the least; this takes about 50 ms. */
const COST = { algorithm: ARGON2ID, memoryCost: 32 * 1024, timeCost: 3, parallelism: 1 } as const

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'), COST)

let nobody: Promise<string> | undefined

/** @param stored  null for an unknown account: a hash is checked all the same, and never fits */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  const against = stored ?? (await (nobody ??= hashPassword('nobody has this password')))
  const fits = await verify(against, password.normalize('NFC'))
  return fits && stored !== null
}
