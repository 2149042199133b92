/** HTML of strangers → HTML that only looks. The frame around it is the second wall. */
import DOMPurify, { type Config } from 'dompurify'
import { safeUrl } from './rich-segments.ts'
import { trueHost } from './true-host.ts'

export interface CleanLetter {
  html: string
  /** Addresses of pictures elsewhere, which are off. */
  remote: string[]
  /** `cid:` addresses of pictures that came with the letter. */
  enclosed: string[]
}

const CONFIG: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    'form',
    'input',
    'button',
    'select',
    'textarea',
    'video',
    'audio',
    'source',
    'track',
    'link',
    'base',
    'meta',
    'dialog',
    'marquee',
  ],
  FORBID_ATTR: ['srcset', 'background', 'poster', 'action', 'ping', 'autofocus', 'tabindex', 'id', 'name'],
  ALLOW_DATA_ATTR: false,
  WHOLE_DOCUMENT: true,
}

/** In the frame: no script, no request; colours of paper, for letters are written for it. */
const HEAD = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<base target="_blank"><style>html{background:#fff;color:#1e2328;font:14px/1.5 system-ui,sans-serif}body{margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}img:not([src]){display:inline-block;min-width:16px;min-height:16px;outline:1px dashed #b3bac3}</style>`

const PICTURE = 'data-picture'

/** What an address may stand on; anywhere else it means nothing. (A picture of a drawing stands here as one of HTML, and keeps its `href`.) */
const HOLDERS = { href: 'a, area', src: 'img' }

export function cleanLetter(html: string): CleanLetter {
  const root = DOMPurify.sanitize(html, { ...CONFIG, RETURN_DOM: true }) as HTMLElement
  const remote = new Set<string>()
  const enclosed = new Set<string>()
  for (const image of root.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? ''
    if (source.startsWith('data:image/')) continue
    image.removeAttribute('src')
    const wanted = /^https?:\/\//i.test(source) ? remote : /^cid:/i.test(source) ? enclosed : null
    if (!wanted) continue
    image.setAttribute(PICTURE, source)
    wanted.add(source)
  }
  for (const [attribute, holders] of Object.entries(HOLDERS))
    for (const element of root.querySelectorAll(`[${attribute}]:not(${holders})`)) element.removeAttribute(attribute)
  for (const element of root.querySelectorAll<HTMLElement>('[style]'))
    element.setAttribute('style', withoutUrls(element.getAttribute('style') ?? ''))
  for (const style of root.querySelectorAll('style')) style.textContent = withoutUrls(style.textContent ?? '')
  for (const link of root.querySelectorAll('a')) {
    link.setAttribute('target', '_blank')
    link.setAttribute('rel', 'noreferrer noopener nofollow')
    const address = link.getAttribute('href') ?? ''
    if (!/^https?:/i.test(address)) continue
    const url = safeUrl(address)
    const host = url && trueHost(url, link.textContent)
    if (!url) link.removeAttribute('href')
    if (host) link.after(` (${host})`)
  }
  const styles = [...root.querySelectorAll('style')].map((style) => style.outerHTML).join('')
  const body = root.querySelector('body') ?? root
  for (const style of body.querySelectorAll('style')) style.remove()
  return {
    html: `<!doctype html><html><head>${HEAD}${styles}</head><body>${body.innerHTML}</body></html>`,
    remote: [...remote],
    enclosed: [...enclosed],
  }
}

/** The frame would not fetch them anyhow; so no border or background waits for them. */
const withoutUrls = (style: string): string =>
  plainCss(style)
    .replaceAll(/@import[^;]*;?/gi, '')
    .replaceAll(/url\s*\([^)]*\)?/gi, 'none')
    .replaceAll(FETCHES, 'nothing(')

/** What takes an address as a string too. A function that is not known takes its whole rule along. */
const FETCHES = /(?:-webkit-)?(?:image-set|cross-fade|image|src)\s*\(/gi

/**
 * `u\72l(` is `url(`: what is spelled by numbers is read first, and what that leaves of backslashes goes. So does `<`, for what a style
 * holds is written down as it is: `<\/style>` would end it.
 */
const plainCss = (style: string): string =>
  style
    .replaceAll(/\\([0-9a-f]{1,6})\s?/gi, (_, digits: string) => {
      const code = Number.parseInt(digits, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : ''
    })
    .replaceAll(/[\\<]/g, '')

/** @param pictures address → `data:` URL of what our own server fetched */
export function withPictures(html: string, pictures: ReadonlyMap<string, string>): string {
  if (pictures.size === 0) return html
  const page = new DOMParser().parseFromString(trusted(html) as string, 'text/html')
  for (const image of page.querySelectorAll(`img[${PICTURE}]`)) {
    const found = pictures.get(image.getAttribute(PICTURE)!)
    if (found) image.setAttribute('src', found)
  }
  return `<!doctype html>${page.documentElement.outerHTML}`
}

interface Policy {
  createHTML(html: string): unknown
}
const policy = (
  globalThis as { trustedTypes?: { createPolicy(name: string, rules: { createHTML(html: string): string }): Policy } }
).trustedTypes?.createPolicy('parley-clean-letter', { createHTML: (html) => html })

/** Parsing runs nothing; what comes out goes into the frame only. */
const trusted = (html: string): unknown => policy?.createHTML(html) ?? html
