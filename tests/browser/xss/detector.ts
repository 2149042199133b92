/**
 * What may not happen in a browser, heard from all sides: our number called, a dialog, a request to elsewhere, a page that opens or leaves by
 * itself, a refusal of the content policy, and what may not stand in a document at all, be it for a moment.
 */
import type { BrowserContext, Frame, Page } from '@playwright/test'

export interface Detector {
  /** What was wrong so far, each once. */
  readonly wrong: ReadonlySet<string>
  /** Marks that stood on some page, as `17.name`; and `17.toast` where any mark of payload 17 stood in the place called toast. */
  readonly seen: ReadonlySet<string>
  /** Numbers of the payloads that ran. */
  readonly ran: ReadonlySet<number>
  /** Refusals that were expected, by their rule. */
  readonly tolerated: ReadonlyMap<string, number>
  /** Looks at all that this page shows now. */
  inspect(page: Page, places?: Places): Promise<void>
}

/** What a place is called, and how it is found. */
export type Places = Readonly<Record<string, string>>

export interface Refusal {
  /** Which rule of the policy refused. */
  readonly rule: string
  /** It was about an element that stands in the document of the page. False: about no element, or one of a document without a window. */
  readonly isInPage: boolean
  /** The script that did it, by its address; empty where the page itself did. */
  readonly by: string
  /** What was refused. */
  readonly address: string
}

/** Stands before a payload wherever it is shown. */
export const mark = (number: number, field: string): string => `zq${number}.${field}. `

/** As the detector calls what it saw. */
export const marksOf = (payloads: readonly { readonly number: number }[], fields: readonly string[]): string[] =>
  payloads.flatMap(({ number }) => fields.map((field) => `${number}.${field}`))

/**
 * @param contexts  whose pages are watched
 * @param own       origins of ours
 * @param expected  refusals of the policy that a document which never runs may cause
 */
export async function detector(
  contexts: readonly BrowserContext[],
  own: readonly string[],
  expected: (refusal: Refusal) => boolean = () => false,
): Promise<Detector> {
  const wrong = new Set<string>()
  const seen = new Set<string>()
  const ran = new Set<number>()
  const tolerated = new Map<string, number>()
  const isOwn = (url: string) => /^(data|blob|about):/.test(url) || own.some((origin) => url.startsWith(`${origin}/`))

  for (const context of contexts) {
    await context.exposeBinding('__xss', ({ frame }, number: number) => {
      ran.add(Number(number))
      wrong.add(`payload ${String(number)} ran on ${frame.url().slice(0, 100)}`)
    })
    await context.exposeBinding('__xssRefused', ({ frame }, refusal: Refusal) => {
      if (expected(refusal)) tolerated.set(refusal.rule, (tolerated.get(refusal.rule) ?? 0) + 1)
      else
        wrong.add(
          `refused by the policy: ${refusal.rule} ${refusal.address} ${refusal.isInPage ? 'of an element' : ''} by ${refusal.by} on ${frame.url().slice(0, 100)}`,
        )
    })
    await context.exposeBinding('__xssStood', (_, what: string) => void wrong.add(`stood for a moment: ${what}`))
    await context.addInitScript(listening)
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
  }

  return {
    wrong,
    seen,
    ran,
    tolerated,
    inspect: async (page, places = {}) => {
      for (const frame of page.frames()) {
        const found = await looked(frame, own, places)
        for (const each of found?.odd ?? []) wrong.add(`${each} on ${frame.url().slice(0, 100)}`)
        for (const each of found?.marks ?? []) seen.add(each)
      }
    },
  }
}

/** What a page is given, and what it keeps of the looks at it. */
interface Watching {
  __xssRefused(refusal: Refusal): void
  __xssStood(what: string): void
  __xssChanges?: number
  __xssLooked?: { changes: number; places: string; skipped: number }
}

/** Runs in each page before its own scripts. */
function listening(): void {
  const here = window as unknown as Watching
  document.addEventListener('securitypolicyviolation', (event) =>
    here.__xssRefused({
      rule: event.effectiveDirective,
      // The event is sent to the element where that is connected in the window's own document, else to the document.
      isInPage: event.target !== document,
      by: event.sourceFile,
      address: `${event.blockedURI} ${event.sample}`.trim(),
    }),
  )
  // Whoever looks now and then would not see what came and went.
  const handlersOf = (element: Element) => {
    for (const { name } of element.attributes) if (/^on/i.test(name)) here.__xssStood(element.outerHTML.slice(0, 160))
  }
  new MutationObserver((changes) => {
    here.__xssChanges = (here.__xssChanges ?? 0) + changes.length
    for (const { type, target, addedNodes } of changes) {
      if (type === 'attributes') handlersOf(target as Element)
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue
        handlersOf(node)
        for (const inner of node.querySelectorAll('*')) handlersOf(inner)
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true })
}

/** A frame may go while it is looked at. */
const looked = (frame: Frame, own: readonly string[], places: Places) =>
  frame.evaluate(inspected, { own: [...own], places }).catch(() => null)

/** Runs in the page. */
function inspected({ own, places }: { own: string[]; places: Places }): { odd: string[]; marks: string[] } {
  // Nothing changed since the last look at the same places: it is skipped, but not often, for the words in a field change unheard.
  const here = window as unknown as Watching
  const wanted = Object.values(places).join()
  const before = here.__xssLooked
  if (here.__xssChanges !== undefined) {
    const isSame = before?.changes === here.__xssChanges && before.places === wanted
    const skipped = isSame ? before.skipped + 1 : 0
    here.__xssLooked = { changes: here.__xssChanges, places: wanted, skipped: skipped % 5 }
    if (skipped % 5 !== 0) return { odd: [], marks: [] }
  }
  const odd: string[] = []
  const marks = new Set<string>()
  const MARK = /zq(\d+)\.(\w+)\./g
  const note = (text: string | null, place?: string) => {
    for (const [, number, field] of (text ?? '').matchAll(MARK)) marks.add(`${number}.${place ?? field}`)
  }
  const short = (element: Element) => element.outerHTML.slice(0, 160)
  const isOwn = (address: string) => {
    if (/^(data:image\/|data:font\/|blob:)/i.test(address)) return true
    if (!URL.canParse(address, own[0])) return false
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
    if ('value' in element && typeof element.value === 'string') note(element.value)
    if (element.shadowRoot) walk(element.shadowRoot)
  }
  const walk = (root: ParentNode & Node) => {
    for (const element of root.querySelectorAll('*')) look(element)
    // Marks of a text (bold, a link) cut it into elements: it is whole in its words.
    note(root.textContent)
    if (root instanceof Document) note(root.body?.textContent ?? '')
    note(root instanceof Document ? root.documentElement.outerHTML : (root as ShadowRoot).innerHTML)
    for (const [place, selector] of Object.entries(places))
      for (const element of root.querySelectorAll(selector)) {
        note(element.outerHTML, place)
        note(element.textContent, place)
        for (const field of element.querySelectorAll('input, textarea')) note((field as HTMLInputElement).value, place)
      }
  }
  walk(document)
  return { odd, marks: [...marks] }
}
