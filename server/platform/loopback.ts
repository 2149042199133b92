import { isIP } from 'node:net'

/** Whether it is an address at all, and no name or other text. */
export const isAddress = (text: string): boolean => isIP(text) !== 0

/** Whether only this machine reaches it: a host name or an address, as in a URL or without its brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) === 4) return bare.startsWith('127.')
  return bare === '::1' || bare === '::ffff:127.0.0.1' || bare === 'localhost' || bare.endsWith('.localhost')
}

/** `PARLEY_URL` that leads beyond this machine; then second factors are wanted, and plain http is warned of. */
export const isPublicUrl = (url: string | null): boolean => url !== null && !isLoopback(new URL(url).hostname)
