/** Opens what people open: every conversation, every list, every page, the visitors' side, files by their address, addresses that are none. */
import type { BrowserContext, Page } from '@playwright/test'
import type { Besieged } from '#tests/hostile/besieged.ts'
import type { Detector } from './detector.ts'
import type { Payload } from './payloads.ts'

export interface Tour {
  readonly parley: Besieged
  readonly context: BrowserContext
  readonly detector: Detector
  readonly page: Page
}

const PATIENCE_MS = 15_000
const LOOK_EVERY_MS = 80

/** Another address in the window that is open, as a click does it. */
export const moveTo = (page: Page, path: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
  }, path)

/** Looks until all of these have been seen here, or for some seconds. */
export async function untilSeen({ detector, page }: Tour, wanted: readonly string[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  do {
    await page.waitForTimeout(LOOK_EVERY_MS)
    await detector.inspect(page)
  } while (wanted.some((each) => !detector.seen.has(each)) && performance.now() < end)
}

export async function openConversation(tour: Tour, conversation: string, wanted: readonly string[]): Promise<void> {
  await moveTo(tour.page, `/inbox/${conversation}?view=all`)
  await untilSeen(tour, wanted)
}

/** The whole list, row by row. */
export async function scrollList(tour: Tour): Promise<void> {
  const { page, detector } = tour
  await moveTo(page, '/inbox?view=all')
  const list = page
    .getByRole('list')
    .filter({ has: page.locator('li') })
    .first()
  await list.waitFor()
  for (let last = -1; ;) {
    await detector.inspect(page)
    const top = await list.evaluate((element) => {
      const scroller = element.parentElement!
      scroller.scrollTop += scroller.clientHeight
      return scroller.scrollTop
    })
    if (top === last) return
    last = top
    await page.waitForTimeout(LOOK_EVERY_MS)
  }
}

/** Types into the search of all history, and looks at what it found. */
export async function searchFor(tour: Tour, payload: Payload): Promise<void> {
  const { page, detector } = tour
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press('/')
  const box = page.getByRole('dialog').getByRole('combobox')
  await box.fill(`zq${payload.number}`)
  await page.waitForTimeout(400)
  await detector.inspect(page)
  await box.fill(payload.text.slice(0, 200))
  await page.waitForTimeout(300)
  await detector.inspect(page)
  await page.keyboard.press('Escape')
}

/** An address with the payload in its path, its query and its end. What is handed over as a file opens no page. */
export async function visitAddress({ page, detector }: Tour, address: string): Promise<void> {
  await page.goto(address, { waitUntil: 'load', timeout: 15_000 }).catch((error: Error) => {
    if (!/Download is starting|ERR_ABORTED|ERR_INVALID|Cannot navigate|net::ERR_/.test(error.message)) throw error
  })
  await detector.inspect(page)
}
