/**
 * What may not happen in a browser, heard from all sides: our number called, a dialog, a request to elsewhere, a page that opens or leaves by
 * itself, a refusal of the content policy, and what may not stand in a document at all.
 */
import type { BrowserContext, Frame, Page } from '@playwright/test'

export interface Detector {
  /** What was wrong so far, each once. */
  readonly wrong: ReadonlySet<string>
  /** Marks that stood on some page, as `17.name`. */
  readonly seen: ReadonlySet<string>
  /** Numbers of the payloads that ran. */
  readonly ran: ReadonlySet<number>
  /** Looks at all that this page shows now. */
  inspect(page: Page): Promise<void>
}

/** Stands before a payload wherever it is shown. */
export const mark = (number: number, field: string): string => `zq${number}.${field}. `
const MARK = /zq(\d+)\.(\w+)\./g

/**
 * @param own       origins of ours
 * @param expected  refusals of the policy that a document which never runs may cause
 */
export async function detector(
  context: BrowserContext,
  own: readonly string[],
  expected: (refusal: string) => boolean = () => false,
): Promise<Detector> {
  const wrong = new Set<string>()
  const seen = new Set<string>()
  const ran = new Set<number>()
  const isOwn = (url: string) => /^(data|blob|about):/.test(url) || own.some((origin) => url.startsWith(`${origin}/`))

  await context.exposeBinding('__xss', ({ frame }, number: number) => {
    ran.add(Number(number))
    wrong.add(`payload ${String(number)} ran on ${frame.url().slice(0, 100)}`)
  })
  await context.exposeBinding('__xssRefused', (_, refusal: string) => {
    if (!expected(refusal)) wrong.add(`refused by the policy: ${refusal}`)
  })
  await context.addInitScript(() => {
    const tell = (window as unknown as { __xssRefused(what: string): void }).__xssRefused
    document.addEventListener('securitypolicyviolation', (event) =>
      tell(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    )
  })
  context.on('request', (request) => {
    if (!isOwn(request.url())) wrong.add(`a request to ${request.url().slice(0, 100)}`)
  })
  context.on('page', (page) => {
    page.on('dialog', (dialog) => {
      wrong.add(`a dialog: ${dialog.message().slice(0, 100)}`)
      void dialog.dismiss()
    })
    page.on('popup', (popup) => wrong.add(`a page opened by itself: ${popup.url().slice(0, 100)}`))
    page.on('framenavigated', (frame) => {
      if (!isOwn(frame.url())) wrong.add(`led away to ${frame.url().slice(0, 100)}`)
    })
  })

  return {
    wrong,
    seen,
    ran,
    inspect: async (page) => {
      for (const frame of page.frames()) {
        const found = await looked(frame, own)
        for (const each of found?.odd ?? []) wrong.add(`${each} on ${frame.url().slice(0, 100)}`)
        for (const [, number, field] of found?.text.matchAll(MARK) ?? []) seen.add(`${number}.${field}`)
      }
    },
  }
}

/** A frame may go while it is looked at. */
const looked = (frame: Frame, own: readonly string[]) => frame.evaluate(inspected, [...own]).catch(() => null)

/** Runs in the page. */
function inspected(own: string[]): { odd: string[]; text: string } {
  const odd: string[] = []
  let text = ''
  const short = (element: Element) => element.outerHTML.slice(0, 160)
  const isOwn = (address: string) => {
    if (/^(data:image\/|data:font\/|blob:)/i.test(address)) return true
    const { href, protocol } = new URL(address, own[0])
    return protocol.startsWith('http') && own.some((origin) => href.startsWith(`${origin}/`))
  }
  const never = new Set(
    'object embed applet frame frameset portal fencedframe math animate set foreignobject handler xmp plaintext isindex marquee'.split(
      ' ',
    ),
  )
  const look = (element: Element) => {
    const name = element.localName
    const attribute = (key: string) => element.getAttribute(key)
    if (never.has(name)) odd.push(`may not stand: ${short(element)}`)
    if (name === 'script' && !isOwn(attribute('src') ?? 'data:')) odd.push(`a script: ${short(element)}`)
    if (name === 'base' && attribute('href') !== null) odd.push(`a base: ${short(element)}`)
    if (
      name === 'iframe' &&
      !/^(?!.*allow-(scripts|same-origin|top-navigation))/.test(attribute('sandbox') ?? 'allow-scripts')
    )
      odd.push(`a frame without walls: ${short(element)}`)
    if (name === 'meta' && !['', 'content-security-policy'].includes((attribute('http-equiv') ?? '').toLowerCase()))
      odd.push(`a meta: ${short(element)}`)
    for (const { name: key, value } of element.attributes) {
      if (/^on/i.test(key)) odd.push(`a handler: ${short(element)}`)
      if (/^(src|href|action|formaction|data|poster|background|xlink:href|srcset|ping|manifest)$/i.test(key)) {
        const isLink = (name === 'a' || name === 'area') && key === 'href'
        // Control characters inside a scheme are no obstacle to a browser.
        const bare = value.replaceAll(/[\0-\x20\u00A0\uFEFF]/g, '').toLowerCase()
        if (
          isLink
            ? /^(javascript|vbscript|data|blob|file|filesystem|view-source|intent):/.test(bare)
            : key !== 'data-picture' && !isOwn(value)
        )
          odd.push(`leads elsewhere: ${short(element)}`)
        if (isLink && attribute('target') === '_blank' && !/noopener/.test(attribute('rel') ?? ''))
          odd.push(`a link that opens us: ${short(element)}`)
      }
    }
    if ('value' in element && typeof element.value === 'string') text += `\n${element.value}`
    if (element.shadowRoot) walk(element.shadowRoot)
  }
  const walk = (root: ParentNode & Node) => {
    for (const element of root.querySelectorAll('*')) look(element)
    // Marks of a text (bold, a link) cut it into elements: it is whole in its words.
    text += `\n${root.textContent ?? ''}\n${root instanceof Document ? (document.body?.textContent ?? '') : ''}`
    text += `\n${root instanceof Document ? root.documentElement.outerHTML : (root as ShadowRoot).innerHTML}`
  }
  walk(document)
  return { odd, text }
}
