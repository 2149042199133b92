/** Opens what people open: every conversation, every list, every page, files by their address, addresses that are none. */
import type { BrowserContext, Page } from '@playwright/test'
import type { Besieged } from '#tests/hostile/besieged.ts'
import { marksOf, type Detector, type Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Payload } from './payloads.ts'
import { hayOf } from './site-door.ts'

export interface Tour {
  readonly parley: Besieged
  readonly context: BrowserContext
  readonly detector: Detector
  readonly page: Page
}

/** For what comes anyhow, on a machine that has other things to do. */
const PATIENCE_MS = 30_000
/** For what was waited for in vain this often already: a field that is never shown shall cost no hour. */
const VAIN = 3
const SHORT_PATIENCE_MS = 800
const LOOK_FIRST_MS = 30
const LOOK_LATEST_MS = 250

/** Presses it wherever it lies, in sight or not, as soon as it is there. @param words  that stand on it */
export const press = (page: Page, selector: string, words?: string) =>
  page
    .locator(selector, words === undefined ? {} : { hasText: words })
    .first()
    .evaluate((element) => (element as HTMLElement).click())

/** Presses all of them at once. */
export const pressAll = (page: Page, selector: string) =>
  page.locator(selector).evaluateAll((all) => {
    for (const each of all) (each as HTMLElement).click()
  })

/** Another address in the window that is open, as a click does it. */
export const moveTo = (page: Page, path: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
  }, path)

/** Another page of the window, which says itself that it stands there: until then the last one does. */
export async function turnTo({ page }: Pick<Tour, 'page'>, path: string, title: string): Promise<void> {
  await moveTo(page, path)
  await page.locator('h1', { hasText: title }).waitFor()
}

/** How often in a row a field was waited for in vain, over all pages. */
const vain = new Map<string, number>()
const fieldOf = (wanted: string) => wanted.slice(wanted.indexOf('.') + 1)

/** Looks until all of these have been seen here, or for some seconds. */
export async function untilSeen({ detector, page }: Tour, wanted: readonly string[], places?: Places): Promise<void> {
  const begin = performance.now()
  // A look at a whole page is work for the page as well: it is left alone for longer and longer.
  for (let rest = LOOK_FIRST_MS; ; rest = Math.min(LOOK_LATEST_MS, rest * 1.6)) {
    await page.waitForTimeout(rest)
    await detector.inspect(page, places)
    const missing = wanted.filter((each) => !detector.seen.has(each))
    if (missing.length === 0) {
      for (const each of wanted) vain.delete(fieldOf(each))
      return
    }
    const isHopeless = missing.every((each) => (vain.get(fieldOf(each)) ?? 0) >= VAIN)
    if (performance.now() - begin < (isHopeless ? SHORT_PATIENCE_MS : PATIENCE_MS)) continue
    for (const field of new Set(missing.map(fieldOf))) vain.set(field, (vain.get(field) ?? 0) + 1)
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/not-seen-${missing[0]!}.png` })
    return
  }
}

/** The window from its beginning, until it listens: an address that is pushed before that is not heard. */
export async function enter({ page, parley }: Pick<Tour, 'page' | 'parley'>): Promise<void> {
  await page.goto(`${parley.url}/inbox?view=snoozed`)
  await searchButton(page).waitFor()
}

/** Away from the window, so that what comes is not drawn. */
export const leave = ({ page }: Pick<Tour, 'page'>) => page.goto('about:blank')

const searchButton = (page: Page) => page.getByRole('button', { name: 'Search everything' })

export async function openConversation(
  tour: Tour,
  conversation: string,
  wanted: readonly string[],
  places?: Places,
): Promise<void> {
  // Beside a list that is empty: it was seen by itself, and would be drawn anew with each event.
  await moveTo(tour.page, `/inbox/${conversation}?view=snoozed`)
  await untilSeen(tour, wanted, places)
}

/** All windows share the work, and what was done is told now and then. */
export async function shared<T>(
  tours: readonly Tour[],
  all: readonly T[],
  work: (tour: Tour, each: T) => Promise<void>,
  say: (done: number) => void = () => {},
): Promise<void> {
  const waiting = all.values()
  let done = 0
  await inBatches(tours, tours.length, async (tour) => {
    for (const each of waiting) {
      await work(tour, each)
      if (++done % 50 === 0) say(done)
    }
  })
}

/** The list, row by row, until these have all stood in it, or nothing comes any more. */
export async function scrollList(tour: Tour, payloads: readonly Payload[]): Promise<void> {
  const { page, detector } = tour
  await moveTo(page, '/inbox?view=all')
  const list = page.getByRole('list').filter({ has: page.locator('[id^=row-]') })
  await list.waitFor()
  const wanted = marksOf(payloads, ['listRow'])
  for (let last = -1, stood = 0; stood < VAIN_SCROLLS && !wanted.every((each) => detector.seen.has(each));) {
    // The next rows may be on their way.
    await page.waitForFunction(isFilled, undefined, { timeout: ROWS_COME_MS }).catch(() => {})
    await detector.inspect(page, { listRow: '[id^=row-]' })
    const top = await list.evaluate((element) => {
      const scroller = element.parentElement!
      scroller.scrollTop += scroller.clientHeight * 0.8
      return scroller.scrollTop
    })
    await page.waitForTimeout(top === last ? 300 : LOOK_FIRST_MS)
    stood = top === last ? stood + 1 : 0
    last = top
  }
}

const ROWS_COME_MS = 5_000
/** At the end of what has come: the next page is asked for from there. */
const VAIN_SCROLLS = 40

/** Whether rows stand in all of what the list shows: a virtual list scrolls before it draws. */
function isFilled(): boolean {
  const LESS_THAN_A_ROW = 30
  const rows = [...document.querySelectorAll('[id^=row-]')].map((row) => row.getBoundingClientRect())
  const scroller = document.querySelector('[id^=row-]')?.closest('ul, [role=list]')?.parentElement
  if (!scroller) return false
  const { top, bottom } = scroller.getBoundingClientRect()
  const shown = rows.filter((row) => row.bottom > top && row.top < bottom)
  const isEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1
  return (
    shown.some((row) => row.top <= top + LESS_THAN_A_ROW) &&
    (isEnd || shown.some((row) => row.bottom >= bottom - LESS_THAN_A_ROW))
  )
}

export async function openSearch({ page }: Tour): Promise<void> {
  await searchButton(page).click()
  await boxOf(page).waitFor()
}

/** One search that finds all these, and one for what each of them says: what is asked for is shown again where nothing is found. */
export async function searchFor(tour: Tour, some: readonly Payload[]): Promise<void> {
  const { page, detector } = tour
  const box = boxOf(page)
  await box.fill(hayOf(some[0]!))
  await untilSeen(
    tour,
    some.map(({ number }) => `${number}.search`),
    { search: '[role=dialog]' },
  )
  for (const { text } of some) {
    await box.fill(text.slice(0, 200))
    await page.waitForTimeout(SEARCH_RESTS_MS)
    await detector.inspect(page)
  }
}

const boxOf = (page: Page) => page.getByRole('dialog').getByRole('combobox')

/** Longer than the search waits for the next key, and an answer. */
const SEARCH_RESTS_MS = 300

/** An address with the payload in its path, its query and its end. What is handed over as a file opens no page. */
export async function visitAddress({ page, detector }: Tour, address: string): Promise<void> {
  const isOpen = await page.goto(address, { waitUntil: 'load', timeout: 60_000 }).then(
    () => true,
    (error: Error) => {
      if (/Download is starting|ERR_ABORTED|ERR_INVALID|Cannot navigate|net::ERR_/.test(error.message)) return false
      throw error
    },
  )
  if (isOpen) await detector.inspect(page)
}
