/** What is drawn only while somebody does something: menus, dialogs, and the short words at the edge that say what was done. */
import type { Desk } from './desk-door.ts'
import type { Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Opened } from './member-door.ts'
import type { Payload } from './payloads.ts'
import { enter, moveTo, openConversation, shared, untilSeen, type Tour } from './tour.ts'

export const ACT_PLACES = ['assignMenu', 'assigned', 'toast', 'merging', 'lightbox', 'held'] as const

const TOAST: Places = { toast: '.mantine-Notification-root' }

/** Somebody of these colleagues gets a conversation, one after another: his name stands in the menu, in the head, and in what was done. */
export async function assignAll(every: readonly Tour[], desks: readonly Desk[], conversations: readonly Opened[]) {
  await Promise.all(
    every.map(async (tour, at) => {
      await enter(tour)
      await openConversation(tour, conversations[at % conversations.length]!.conversation, [])
    }),
  )
  await shared(every, desks, async (tour, { payload: { number } }) => {
    const { page } = tour
    await page.locator('header:has(h2) button[aria-haspopup=menu]').first().click()
    await untilSeen(tour, [`${number}.assignMenu`], { assignMenu: '[role=menu]' })
    // By its own click: among ninety names it lies out of sight.
    await page
      .getByRole('menuitem')
      .filter({ hasText: `zq${number}.member.` })
      .evaluate((item) => (item as HTMLElement).click())
    await untilSeen(tour, [`${number}.toast`, `${number}.assigned`], { ...TOAST, assigned: 'header:has(h2)' })
    await dismissToasts(tour)
  })
}

/** The picture of the conversation that is open, in full. */
export async function enlarge(tour: Tour, number: number): Promise<void> {
  const { page } = tour
  await page
    .locator('article button:has(img)')
    .last()
    .evaluate((button) => (button as HTMLElement).click())
  await untilSeen(tour, [`${number}.lightbox`], { lightbox: '[role=dialog]' })
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
}

/** Two neighbours are compared, joined, and parted again. */
export async function mergeNeighbours(
  every: readonly Tour[],
  people: readonly (Opened & { readonly number: number })[],
) {
  const pairs = people.flatMap((one, at) => {
    const other = people[at + 1] ?? people[0]!
    // In twos, so that nobody is in two dialogs at a time; the last of an odd number meets the first once more.
    return at % 2 === 0 && other !== one ? [{ one, other }] : []
  })
  const last = pairs.length > 1 && people.length % 2 === 1 ? pairs.pop() : undefined
  const compare = async (tour: Tour, { one, other }: (typeof pairs)[number]) => {
    const { page } = tour
    await moveTo(page, `/inbox/${one.conversation}?view=all&merge=${other.contact}`)
    const dialog = page.getByRole('dialog')
    await untilSeen(tour, [`${one.number}.merging`, `${other.number}.merging`], { merging: '[role=dialog]' })
    await dialog.getByRole('button', { name: 'Yes, one person' }).click()
    const undo = page.locator(TOAST.toast!).getByRole('button', { name: 'Undo' })
    await undo.waitFor()
    await tour.detector.inspect(page, TOAST)
    await undo.click()
    await page.locator(TOAST.toast!).filter({ hasText: 'Undone' }).waitFor()
    await dismissToasts(tour)
  }
  await shared(every, pairs, compare)
  if (last) await compare(every[0]!, last)
}

/** As after a restore: nothing leaves before a member has looked at it. Answers for later, which do not leave before that either. */
export async function lookAtHeld(
  tour: Tour,
  talks: readonly (Opened & { readonly payload: Payload })[],
  textOf: (payload: Payload) => string,
) {
  const { page, parley, detector } = tour
  const sendAt = new Date(Date.now() + A_DAY_MS).toISOString()
  await inBatches(talks, AT_ONCE, async ({ conversation, payload }) => {
    await parley.ask('POST', `/api/conversations/${conversation}/messages`, { text: textOf(payload), sendAt })
  })
  await parley.query('update workspace set hold = true')
  await parley.query('update channel_directory set version = version + 1')
  const held = () => parley.ask<{ items: { delivery: string }[] }>('GET', '/api/hold/deliveries?limit=100')
  for (let { items } = await held(); items.length > 0; items = (await held()).items) {
    await enter(tour)
    await page.getByRole('button', { name: 'Look at each' }).click()
    await page
      .locator(HELD.held!)
      .nth(items.length - 1)
      .waitFor()
    await detector.inspect(page, HELD)
    await parley.ask('POST', '/api/hold', { decision: 'drop', deliveries: items.map(({ delivery }) => delivery) })
  }
}

const AT_ONCE = 6
const A_DAY_MS = 24 * 3_600_000

const HELD: Places = { held: '[role=dialog] li' }

async function dismissToasts({ page }: Tour): Promise<void> {
  await page.locator(`${TOAST.toast!} .mantine-Notification-closeButton`).evaluateAll((all) => {
    for (const each of all) (each as HTMLElement).click()
  })
}
