/** Headers of every answer. Files of strangers are never under `'self'`: they bring a sandbox of their own (`files/serving.ts`). */

const CSP: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  // Mantine writes its sizes into style elements.
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'media-src': ["'self'", 'blob:'],
  'connect-src': ["'self'"],
  'frame-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'require-trusted-types-for': ["'script'"],
}

/** The policy of the window, with some rules replaced, or left out by null. */
export const csp = (other: Readonly<Record<string, readonly string[] | null>> = {}): string =>
  Object.entries({ ...CSP, ...other })
    .flatMap(([rule, sources]) => (sources ? [[rule, ...sources].join(' ')] : []))
    .join('; ')

const COMMON = {
  'content-security-policy': csp(),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'geolocation=(), camera=(), microphone=(self)',
}

/** The visitors' chat is loaded by pages of other origins; its frame says itself who may hold it. */
const FOR_SITES = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
}

export function headersFor(url: string, isSecure: boolean): Record<string, string> {
  const own = url.startsWith('/widget/')
    ? FOR_SITES
    : url.startsWith('/hooks/')
      ? { 'x-content-type-options': 'nosniff' }
      : COMMON
  return { ...own, ...(isSecure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}) }
}
