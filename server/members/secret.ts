/** Session secrets, API tokens and links: 256 random bits, stored as a hash only. */
import { createHash, randomBytes } from 'node:crypto'

/** Tokens begin so that people and scanners of leaked secrets recognise them. */
export const TOKEN_PREFIX = 'parley_'

export const newSecret = (): string => randomBytes(32).toString('base64url')
export const newToken = (): string => `${TOKEN_PREFIX}${newSecret()}`
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
