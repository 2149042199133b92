/** Which sites may show the chat: exact origins, or every subdomain of one. */

/** A setting as an origin: without path, host in the form browsers send (punycode, lower case, no default port). */
export const originOf = (site: string): string => new URL(site.trim()).origin

export function isSite(site: string): boolean {
  if (!URL.canParse(site.trim())) return false
  const { protocol, pathname, search, hash, username, hostname } = new URL(site.trim())
  const plain = pathname === '/' && search === '' && hash === '' && username === ''
  // `https://*` would be everybody; a star elsewhere is not a subdomain.
  const stars = hostname.split('*').length - 1
  const starred = stars === 0 || (stars === 1 && /^\*\.[^.]+\.[^.]/.test(hostname))
  return (protocol === 'https:' || protocol === 'http:') && hostname !== '' && plain && starred
}

/** @param origin  the header as a browser sent it; absent or `null` (a sandbox, a file) is nobody's site */
export function isAllowed(origin: string | undefined, sites: readonly string[]): boolean {
  if (!origin || !URL.canParse(origin)) return false
  return sites.some((site) => {
    const wanted = originOf(site)
    if (!wanted.includes('://*.')) return origin === wanted
    const [scheme, domain] = wanted.split('://*') as [string, string]
    return origin.startsWith(`${scheme}://`) && origin.endsWith(domain) && origin.length > wanted.length - 1
  })
}
