import { z } from 'zod'

/** What stands for a domain before it is spelt for machines: `URL` would read a port, a path or a user into anything else. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u

/** An address as people write it, spelt as mail servers know it: `olga@пример.рф` is `olga@xn--e1afmkfd.xn--p1ai`. Any other stays. */
export function asciiAddress(typed: string): string {
  const at = typed.lastIndexOf('@') + 1
  const domain = typed.slice(at)
  const url = `http://${domain}`
  if (at < 2 || /^[\x20-\x7E]*$/.test(domain) || !DOMAIN.test(domain) || !URL.canParse(url)) return typed
  return typed.slice(0, at) + new URL(url).hostname
}

/** As zod has it, and last a name of other letters too. */
const ADDRESS =
  /^(?:[\w'+-]+\.)*[\w'+-]*[\w+-]@(?:[A-Za-z\d][A-Za-z\d-]*\.)+(?:[A-Za-z]{2,}|[Xx][Nn]--[A-Za-z\d-]*[A-Za-z\d])$/

/** Kept in the spelling of mail servers. */
export const emailUpTo = (longest: number) =>
  z
    .string()
    .overwrite(asciiAddress)
    .check(z.email({ pattern: ADDRESS }))
    .max(longest)
