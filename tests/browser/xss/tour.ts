/** Opens what people open: every conversation, every list, every page, files by their address, addresses that are none. */
import type { BrowserContext, Page } from '@playwright/test'
import type { Besieged } from '#tests/hostile/besieged.ts'
import type { Detector, Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Payload } from './payloads.ts'

export interface Tour {
  readonly parley: Besieged
  readonly context: BrowserContext
  readonly detector: Detector
  readonly page: Page
}

/** For what comes anyhow, on a machine that has other things to do. */
const PATIENCE_MS = 60_000
/** For what was waited for in vain this often already: a field that is never shown shall cost no hour. */
const VAIN = 3
const SHORT_PATIENCE_MS = 800
const LOOK_EVERY_MS = 40

/** Another address in the window that is open, as a click does it. */
export const moveTo = (page: Page, path: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
  }, path)

/** How often in a row a field was waited for in vain, over all pages. */
const vain = new Map<string, number>()
const fieldOf = (wanted: string) => wanted.slice(wanted.indexOf('.') + 1)

/** Looks until all of these have been seen here, or for some seconds. */
export async function untilSeen({ detector, page }: Tour, wanted: readonly string[], places?: Places): Promise<void> {
  const begin = performance.now()
  for (;;) {
    await page.waitForTimeout(LOOK_EVERY_MS)
    await detector.inspect(page, places)
    const missing = wanted.filter((each) => !detector.seen.has(each))
    if (missing.length === 0) {
      for (const each of wanted) vain.delete(fieldOf(each))
      return
    }
    const isHopeless = missing.every((each) => (vain.get(fieldOf(each)) ?? 0) >= VAIN)
    if (performance.now() - begin < (isHopeless ? SHORT_PATIENCE_MS : PATIENCE_MS)) continue
    for (const field of new Set(missing.map(fieldOf))) vain.set(field, (vain.get(field) ?? 0) + 1)
    return
  }
}

/** The window from its beginning, until it listens: an address that is pushed before that is not heard. */
export async function enter({ page, parley }: Pick<Tour, 'page' | 'parley'>): Promise<void> {
  await page.goto(`${parley.url}/inbox?view=all`)
  await searchButton(page).waitFor()
}

const searchButton = (page: Page) => page.getByRole('button', { name: 'Search everything' })

export async function openConversation(
  tour: Tour,
  conversation: string,
  wanted: readonly string[],
  places?: Places,
): Promise<void> {
  await moveTo(tour.page, `/inbox/${conversation}?view=all`)
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
      if (++done % 200 === 0) say(done)
    }
  })
}

/** The whole list, row by row, to where nothing comes any more. */
export async function scrollList(tour: Tour): Promise<void> {
  const { page, detector } = tour
  await moveTo(page, '/inbox?view=all')
  const list = page
    .getByRole('list')
    .filter({ has: page.locator('li') })
    .first()
  await list.waitFor()
  for (let last = -1, stood = 0; stood < 3;) {
    await detector.inspect(page, { listRow: '[id^=row-]' })
    const top = await list.evaluate((element) => {
      const scroller = element.parentElement!
      scroller.scrollTop += scroller.clientHeight
      return scroller.scrollTop
    })
    // The next rows may be on their way.
    await page.waitForTimeout(top === last ? 300 : LOOK_EVERY_MS)
    stood = top === last ? stood + 1 : 0
    last = top
  }
}

export async function openSearch({ page }: Tour): Promise<void> {
  await searchButton(page).click()
  await boxOf(page).waitFor()
}

/** Types into the search, which stays open, and looks at what it found and at what it says where it found nothing. */
export async function searchFor(tour: Tour, { number, text }: Payload): Promise<void> {
  const { page, detector } = tour
  const box = boxOf(page)
  await box.fill(`zq${number}`)
  await untilSeen(tour, [`${number}.search`], { search: '[role=dialog]' })
  await box.fill(text.slice(0, 200))
  await page.waitForTimeout(SEARCH_RESTS_MS)
  await detector.inspect(page)
}

const boxOf = (page: Page) => page.getByRole('dialog').getByRole('combobox')

/** Longer than the search waits for the next key, and an answer. */
const SEARCH_RESTS_MS = 300

/** An address with the payload in its path, its query and its end. What is handed over as a file opens no page. */
export async function visitAddress({ page, detector }: Tour, address: string): Promise<void> {
  const isOpen = await page.goto(address, { waitUntil: 'load', timeout: 15_000 }).then(
    () => true,
    (error: Error) => {
      if (/Download is starting|ERR_ABORTED|ERR_INVALID|Cannot navigate|net::ERR_/.test(error.message)) return false
      throw error
    },
  )
  if (isOpen) await detector.inspect(page)
}
