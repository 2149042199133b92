/**
 * Takes secrets out of text that is about to be shown or kept: log lines, samples of unreadable events, words of an error.
 * It knows what it was told (`protect`), and a few shapes that are secrets wherever they stand.
 */
export interface Scrubber {
  /**
   * From now on this secret is never shown. Known in the forms in which it leaks: as it is, inside JSON, in a URL, in base64.
   * Secrets under six characters are not looked for: they would blot out ordinary words.
   * @returns forgets it again; a secret protected twice is forgotten when both have
   */
  readonly protect: (secret: string) => () => void
  /** The text with every secret replaced by `[secret]`. */
  readonly scrub: (text: string) => string
}

const SHORTEST = 6
/** Tokens of one platform often begin alike, so long ones are told apart by more of their beginning. */
const LONG = 16
const BLOT = '[secret]'

export function scrubber(): Scrubber {
  const counts = new Map<string, number>()
  // by their beginnings, so that a line costs the same with one secret or with ten thousand
  const byStart = new Map<number, Map<string, Set<string>>>([
    [LONG, new Map()],
    [SHORTEST, new Map()],
  ])
  const startOf = (form: string) => (form.length >= LONG ? LONG : SHORTEST)

  function add(form: string) {
    counts.set(form, (counts.get(form) ?? 0) + 1)
    const length = startOf(form)
    const starts = byStart.get(length) as Map<string, Set<string>>
    const start = form.slice(0, length)
    starts.set(start, (starts.get(start) ?? new Set()).add(form))
  }

  function forget(form: string) {
    const left = (counts.get(form) ?? 0) - 1
    if (left > 0) return void counts.set(form, left)
    counts.delete(form)
    const length = startOf(form)
    const starts = byStart.get(length) as Map<string, Set<string>>
    const start = form.slice(0, length)
    starts.get(start)?.delete(form)
    if (starts.get(start)?.size === 0) starts.delete(start)
  }

  /** The longest secret that stands at this place: of two that begin alike the longer one must go whole. */
  function secretAt(text: string, at: number): number {
    let longest = 0
    for (const [length, starts] of byStart) {
      if (starts.size === 0) continue
      for (const form of starts.get(text.slice(at, at + length)) ?? [])
        if (form.length > longest && text.startsWith(form, at)) longest = form.length
    }
    return longest
  }

  function withoutKnown(text: string): string {
    if (counts.size === 0) return text
    let out = ''
    let copied = 0
    for (let i = 0; i + SHORTEST <= text.length; i++) {
      const length = secretAt(text, i)
      if (length === 0) continue
      out += text.slice(copied, i) + BLOT
      copied = i + length
      i = copied - 1
    }
    return copied === 0 ? text : out + text.slice(copied)
  }

  return {
    protect: (secret) => {
      const forms = formsOf(secret)
      for (const form of forms) add(form)
      let forgotten = false
      return () => {
        if (forgotten) return
        forgotten = true
        for (const form of forms) forget(form)
      }
    },
    scrub: (text) => SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), withoutKnown(text)),
  }
}

function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST) return []
  const base64 = Buffer.from(secret).toString('base64')
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    // alone, as in AUTH LOGIN; a user name in front shifts it (AUTH PLAIN), which the shape `Basic …` covers in headers
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ]
  return [...new Set(forms.filter((form) => form.length >= SHORTEST))]
}

/** What is a secret by its looks. Each stands for a class, and none can match across a quote of JSON. */
const SHAPES: readonly [shape: RegExp, instead: string][] = [
  // Authorization: Bearer …, Basic …
  [/\b(Bearer|Basic|Bot)\s+[\w.~+/=-]{8,}/g, `$1 ${BLOT}`],
  // bot tokens that stand in the path of a URL: /bot123456:AAF…/sendMessage
  [/(?<!\d)\d{6,12}:[\w-]{30,}/g, BLOT],
  // user:password@host in any URL
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi, `$1${BLOT}@`],
  // ?access_token=… and its kin
  [/([?&;](?:access_token|token|key|api_key|apikey|secret|sig|signature|password|code)=)[^&\s"'\\]+/gi, `$1${BLOT}`],
]
