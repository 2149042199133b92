/**
 * May the `From` of a letter be believed? Only our own receiving server's word counts, and it says it in `Authentication-Results`
 * (RFC 8601): everything else in a letter was written by its sender.
 *
 * whose header  The header's first word names the server that checked. It is ours when it belongs to the mailbox's provider: the same
 *               organisation as the IMAP server or as our address, or a row of `PROVIDERS`. RFC 8601 §5 makes that server remove
 *               headers which claim its own name before it adds one; of several the topmost counts, for headers are added above.
 * what counts   dmarc=pass for the domain of `From`; or dkim=pass or spf=pass whose domain is that of `From` or one above it
 * otherwise     a failure that is said, or nothing at all: the sender stays unverified
 */
import { domainOf } from './addresses.ts'
import type { Settings } from './settings.ts'

/** `none`: our server did not say. */
export type Verdict = 'pass' | 'fail' | 'none'

/** Providers whose checking servers are named unlike their IMAP servers; seen in letters. */
const PROVIDERS: readonly (readonly [imap: RegExp, checker: RegExp])[] = [
  [/(^|\.)(gmail|googlemail)\.com$/, /^mx\.google\.com$/],
  [/(^|\.)yandex\.(ru|com|kz|by|uz)$/, /\.yandex\.(ru|net|com)$/],
  [/(^|\.)mail\.ru$/, /\.(mail|m\.smailru)\.(ru|net)$/],
  [/(^|\.)(mail\.me|icloud)\.com$/, /\.(icloud|apple)\.com$/],
  [/(^|\.)fastmail\.com$/, /\.messagingengine\.com$/],
  [/(^|\.)mail\.yahoo\.com$/, /\.(yahoo|yahoodns)\.(com|net)$/],
]

export function verdictOn(
  results: readonly string[],
  from: string,
  settings: Pick<Settings, 'address' | 'imap'>,
): Verdict {
  const ours = results.map(readResults).find((each) => each && isOurChecker(each.server, settings))
  if (!ours) return 'none'
  const domain = domainOf(from)
  const dmarc = ours.checks.filter((check) => check.method === 'dmarc')
  if (dmarc.some(({ result, domains }) => result === 'pass' && domains.every((each) => each === domain))) return 'pass'
  if (dmarc.some(({ result }) => result === 'fail')) return 'fail'
  const vouched = ours.checks.some(
    ({ method, result, domains }) =>
      (method === 'dkim' || method === 'spf') && result === 'pass' && domains.some((each) => covers(each, domain)),
  )
  if (vouched) return 'pass'
  return ours.checks.some(({ result }) => result === 'fail' || result === 'softfail') ? 'fail' : 'none'
}

/** A domain with at least one dot speaks for the names below it; a bare top-level one for nobody else. */
const covers = (signer: string, domain: string): boolean =>
  signer === domain || (signer.includes('.') && domain.endsWith(`.${signer}`))

function isOurChecker(server: string, { address, imap }: Pick<Settings, 'address' | 'imap'>): boolean {
  const host = imap.host.toLowerCase()
  const provider = PROVIDERS.find(([mailbox]) => mailbox.test(host))
  if (provider) return provider[1].test(server)
  return sameHouse(server, host) || sameHouse(server, domainOf(address))
}

/** `mx.example.org`, `imap.example.org` and `example.org` are one house. Two names of two words each must be the same. */
function sameHouse(one: string, other: string): boolean {
  if (one === other) return true
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  if (short.split('.').length >= 2 && long.endsWith(`.${short}`)) return true
  const parent = (name: string) => name.slice(name.indexOf('.') + 1)
  return parent(one) === parent(other) && parent(one).split('.').length >= 2
}

interface Check {
  method: string
  result: string
  domains: string[]
}

/**
 * `mx.example.org; dkim=pass header.d=shop.example header.s=s1; spf=pass (sender ok) smtp.mailfrom=ann@shop.example; dmarc=pass
 * (p=reject) header.from=shop.example`
 */
function readResults(value: string): { server: string; checks: Check[] } | null {
  const [head, ...clauses] = withoutComments(value.slice(0, 16 * 1024)).split(';')
  const server = head?.trim().split(/\s+/)[0]?.toLowerCase() ?? ''
  if (!/^[\w.-]+$/.test(server)) return null
  const checks = clauses.slice(0, 50).flatMap((clause): Check[] => {
    const [, method, result] = /^\s*([a-z0-9-]+)(?:\/\d+)?\s*=\s*([a-z]+)/i.exec(clause) ?? []
    if (!method || !result) return []
    const domains = [...clause.matchAll(PROPERTY)].map(([, , said]) => said!.toLowerCase().replace(/^.*@/, ''))
    return [{ method: method.toLowerCase(), result: result.toLowerCase(), domains }]
  })
  return { server, checks }
}

/** The properties that name a domain; `smtp.helo` and `policy.*` vouch for nothing. */
const PROPERTY = /\b(header\.d|header\.i|header\.from|smtp\.mailfrom)\s*=\s*"?([^\s;"]{1,320})/gi

/** Comments may nest and may hold semicolons. */
function withoutComments(value: string): string {
  let depth = 0
  let plain = ''
  for (const character of value) {
    if (character === '(') depth++
    else if (character === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) plain += character
  }
  return plain
}
