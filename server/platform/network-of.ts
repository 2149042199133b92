import ipaddr from 'ipaddr.js'

/** Whom an address is counted as: one household of IPv6 has a /64, and a name for each of its clocks. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':')
}
