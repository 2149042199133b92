/** The second factor: codes of an authenticator app (RFC 6238). A code works once. */
import { Secret, TOTP } from 'otpauth'
import type { AccountId } from '#contract/ids.ts'
import type { Place } from '#server/platform/secrets/secrets.ts'

const of = (secret: string, email = '') =>
  new TOTP({ issuer: 'Parley', label: email, secret: Secret.fromBase32(secret), digits: 6, period: 30 })

export const newTotpSecret = (): string => new Secret({ size: 20 }).base32
export const totpUrl = (secret: string, email: string): string => of(secret, email).toString()

/** Where it is kept, sealed. */
export const totpPlace = (account: AccountId): Place => ({ table: 'account', column: 'totp_secret', row: account })

/**
 * @param usedStep  the newest step that was used; it and older ones do not work again
 * @returns the step of the code, to be kept; null: wrong, or used
 */
export function checkTotp(secret: string, code: string, usedStep: number, now: Date): number | null {
  const timestamp = now.getTime()
  const delta = of(secret).validate({ token: code.replaceAll(/\s/g, ''), timestamp, window: 1 })
  if (delta === null) return null
  const step = Math.floor(timestamp / 30_000) + delta
  return step > usedStep ? step : null
}
