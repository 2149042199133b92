/** Parts that a network does not have become what it has: other media, else words. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { MediaKind, MediaPart, Part, PartOf } from '#contract/message/content.ts'
import { isMedia } from '#contract/message/content.ts'
import type { Applied, Cannot, Moment } from './fit.ts'

/** What stands in for a medium, in this order; a file says least about itself. */
const INSTEAD: Record<MediaKind, readonly MediaKind[]> = {
  sticker: ['image', 'file'],
  voice: ['audio', 'file'],
  image: ['file'],
  video: ['file'],
  audio: ['file'],
  file: [],
}
const RULES: Partial<Record<MediaKind, string>> = { sticker: 'sticker_as_image', voice: 'voice_as_audio' }

/** @returns the parts as this network has them; `cannot`: it takes this medium in no form, and we have no page for it */
export function fitParts(
  parts: readonly Part[],
  abilities: Abilities,
  moment: Moment,
): { parts: Part[]; applied: Applied[] } | Cannot {
  const fitted: Part[] = []
  const applied: Applied[] = []
  for (const [index, part] of parts.entries()) {
    const [as, rule] = isMedia(part) ? mediaAs(part, abilities, moment) : partAs(part, abilities)
    if (!as) return { cannot: 'content_refused', field: part.kind, offers: ['other_road'] }
    fitted.push(...as)
    if (rule) applied.push({ rule, part: index, before: part.kind, after: as[0]?.kind ?? 'nothing' })
  }
  return { parts: fitted, applied }
}

function mediaAs(part: MediaPart, { media = {} }: Abilities, { linkOf }: Moment): [Part[] | null, string?] {
  const fits = (kind: MediaKind) => {
    const able = media[kind]
    if (!able?.out) return false
    const typed =
      able.types.includes('*') || able.types.includes(part.type) || able.types.includes(`${part.type.split('/')[0]}/*`)
    const isSmall =
      (part.bytes ?? 0) <= able.bytes &&
      (part.seconds ?? 0) <= (able.seconds ?? Number.POSITIVE_INFINITY) &&
      (part.width ?? 0) + (part.height ?? 0) <= (able.pixels ?? Number.POSITIVE_INFINITY)
    return typed && isSmall
  }
  if (fits(part.kind)) return [[part]]
  const kind = INSTEAD[part.kind].find(fits)
  const words = part.kind === 'voice' ? part.transcript : undefined
  if (!kind) {
    const link = linkOf(part.source)
    if (link === null) return [null]
    return [[...linkTo(part, link), ...(words ? [text(words)] : [])], 'media_as_link']
  }
  const { source, type, name, bytes, seconds, width, height, caption } = part
  const same = { source, type, name, bytes, seconds, width, height, caption }
  const bare = Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined))
  const as = { kind, ...bare } as Part
  return [words ? [as, text(words)] : [as], (kind === 'file' ? undefined : RULES[part.kind]) ?? 'media_as_file']
}

/** Name, size, our page; the words that stood under it stay theirs. */
function linkTo({ kind, name, bytes, caption }: MediaPart, link: string): Part[] {
  const size = bytes === undefined ? '' : ` (${sizeOf(bytes)})`
  const about = text(`${name ?? kind}${size}\n${link}`)
  return caption?.text ? [{ kind: 'text', ...caption }, about] : [about]
}

const sizeOf = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`

function partAs(part: Exclude<Part, MediaPart>, { parts = {} }: Abilities): [Part[], string?] {
  switch (part.kind) {
    case 'text':
    case 'template':
      return [[part]]
    case 'location':
      return parts.location?.out ? [[part]] : [[text(locationWords(part))], 'location_as_link']
    case 'contact':
      return parts.contact?.out
        ? [[part]]
        : [[text([part.name, ...part.phones, ...part.emails].join('\n'))], 'contact_as_text']
    case 'order':
      return parts.order?.out ? [[part]] : [[text(orderWords(part))], 'order_as_text']
    case 'poll':
      return parts.poll?.out
        ? [[part]]
        : [
            [text([part.question, ...part.options.map((option, n) => `${n + 1}) ${option}`)].join('\n'))],
            'poll_as_numbers',
          ]
    case 'link':
      return [[text([part.title, part.text, part.url].filter(Boolean).join('\n'))]]
    // Not things that are said: what happened there stays there.
    case 'call':
    case 'event':
    case 'html':
    case 'unknown':
      return [[]]
  }
}

const text = (words: string): PartOf<'text'> => ({ kind: 'text', text: words, entities: [] })

const locationWords = ({ lat, lon, title, address }: PartOf<'location'>): string =>
  [title, address, `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`]
    .filter(Boolean)
    .join('\n')

function orderWords({ items }: PartOf<'order'>): string {
  const sums = new Map<string, number>()
  const lines = items.map(({ name, quantity, minor, currency }) => {
    sums.set(currency, (sums.get(currency) ?? 0) + minor * quantity)
    return `${quantity} × ${name}: ${money(minor, currency)}`
  })
  return [...lines, ...[...sums].map(([currency, minor]) => `= ${money(minor, currency)}`)].join('\n')
}

const money = (minor: number, currency: string) => {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`
}
