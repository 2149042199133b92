import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Whether an address belongs to the public internet, so that a stranger's link may make us connect to it.
 * Addresses that carry another one inside (v4-mapped, NAT64, 6to4, Teredo, ISATAP) are public when all that is inside is.
 * @param address as a resolver gives it; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.split('%')[0] as string
  if (isIP(bare) === 0) return false
  const parsed = ipaddr.parse(bare)
  return parsed instanceof ipaddr.IPv4 ? isPublicV4(parsed) : isPublicV6(parsed as ipaddr.IPv6)
}

/** Public by range, private by use: the host of Azure's machines answers there with metadata and keys. */
const NOT_FOR_US = new Set(['168.63.129.16'])

const isPublicV4 = (address: ipaddr.IPv4) => address.range() === 'unicast' && !NOT_FOR_US.has(address.toString())

function isPublicV6(address: ipaddr.IPv6): boolean {
  const inside = addressesInside(address.parts)
  if (inside) return inside.every(isPublicV4)
  // 2000::/3 is all that was ever handed out: what lies outside is special, whether it has a name already or not
  const first = address.parts[0] as number
  return address.range() === 'unicast' && first >= 0x2000 && first <= 0x3fff
}

/** The IPv4 addresses to which a packet for this address would finally go; undefined when it is an ordinary IPv6 address. */
function addressesInside(parts: readonly number[]): ipaddr.IPv4[] | undefined {
  const v4At = (index: number, flip = 0) => {
    const high = (parts[index] as number) ^ flip
    const low = (parts[index + 1] as number) ^ flip
    return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255])
  }
  const starts = (...start: number[]) => start.every((part, index) => parts[index] === part)
  if (starts(0, 0, 0, 0, 0, 0xffff)) return [v4At(6)] // v4-mapped
  if (starts(0, 0, 0, 0, 0xffff, 0)) return [v4At(6)] // SIIT, RFC 6145
  if (starts(0x64, 0xff9b, 0, 0, 0, 0)) return [v4At(6)] // NAT64, RFC 6052; the local 64:ff9b:1::/48 is nobody's business
  if (starts(0x2002)) return [v4At(1)] // 6to4
  if (starts(0x2001, 0)) return [v4At(2), v4At(6, 0xffff)] // Teredo: its server, and the client written upside down
  if (((parts[4] as number) & ~0x200) === 0 && parts[5] === 0x5efe) return [v4At(6)] // ISATAP
  return undefined
}
