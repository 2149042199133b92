/**
 * Who somebody is on the network of mail: the address, as `ann@example.org`; or, where nothing vouches for the sender, the same behind
 * `unverified:`, which is somebody else until a proof joins both. The chat with a person is named like the person.
 */
import { domainToASCII } from 'node:url'

const UNVERIFIED = 'unverified:'
const LONGEST = 320

/** Lower case as a whole: local parts that differ by case alone belong to one person everywhere in practice. null: no address. */
export function addressIn(text: string | undefined): string | null {
  const trimmed = (text ?? '').trim().toLowerCase()
  const at = trimmed.lastIndexOf('@')
  if (at < 1 || trimmed.length > LONGEST || /[\s<>",;:\p{Cc}]/u.test(trimmed)) return null
  const domain = domainToASCII(trimmed.slice(at + 1))
  return domain === '' ? null : `${trimmed.slice(0, at)}@${domain}`
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

export const asUnverified = (address: string): string => UNVERIFIED + address

/** Where letters to this person or chat go. */
export const addressOf = (id: string): string => (id.startsWith(UNVERIFIED) ? id.slice(UNVERIFIED.length) : id)

/** `shop+anything@example.com` reaches `shop@example.com` too. */
export function isOurs(address: string, ours: string): boolean {
  const at = ours.lastIndexOf('@')
  return address === ours || (address.startsWith(`${ours.slice(0, at)}+`) && address.endsWith(ours.slice(at)))
}

/** The address in a `From` line, found without reading the line's grammar: only the order of letters hangs on it. */
export function roughAddress(value: string): string {
  const line = value.slice(0, 2_000)
  const open = line.lastIndexOf('<')
  const bracketed = open < 0 ? null : addressIn(line.slice(open + 1, line.indexOf('>', open)))
  return bracketed ?? addressIn(line) ?? 'nobody'
}
