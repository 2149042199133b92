/** What is drawn only while somebody does something: menus, dialogs, and the short words at the edge that say what was done. */
import type { Person } from './bring-in.ts'
import type { Desk } from './desk-door.ts'
import { mark, marksOf, type Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Opened } from './member-door.ts'
import type { Payload } from './payloads.ts'
import type { Types } from './site-door.ts'
import { ASSIGN, dismissToasts, TOAST } from './sweeps.ts'
import { enter, moveTo, openConversation, press, pressAll, shared, untilSeen, type Tour } from './tour.ts'

export const ACT_PLACES = [
  'assignMenu',
  'merging',
  'splitting',
  'proofLink',
  'contactTypes',
  'lightbox',
  'fitPreview',
  'held',
  'removingMember',
  'removingToken',
  'removingChannel',
] as const

/** Everybody who can get a conversation, in one menu. */
export async function seeAssignMenu(tour: Tour, { conversation }: Opened, desks: readonly Desk[]): Promise<void> {
  await enter(tour)
  await openConversation(tour, conversation, [])
  await press(tour.page, ASSIGN)
  await untilSeen(
    tour,
    desks.map(({ payload }) => `${payload.number}.assignMenu`),
    { assignMenu: '[role=menu]' },
  )
}

/** The picture of the conversation that is open, in full. */
export async function enlarge({ page, ...tour }: Tour, number: number): Promise<void> {
  await page.locator('article button:has(img)').last().evaluate(click)
  await untilSeen({ page, ...tour }, [`${number}.lightbox`], { lightbox: '[role=dialog]' })
  await press(page, '[role=dialog] button[aria-label=Close]')
}

/** The contact of the conversation that is open would lose one of its addresses. */
export async function considerSplit(tour: Tour, number: number): Promise<void> {
  const { page } = tour
  await press(page, 'aside li button[aria-haspopup=menu]')
  await press(page, '[role=menuitem]', 'Not this person')
  await untilSeen(tour, [`${number}.splitting`], { splitting: '[role=dialog]' })
  await press(page, '[role=dialog] button[aria-label=Close]')
}

/** By which link the contact of the open conversation goes on elsewhere, while it types. */
export async function considerLink(tour: Tour, number: number, types: Types): Promise<void> {
  const { page } = tour
  await types()
  await press(page, 'aside button', 'Link to another network')
  await untilSeen(tour, marksOf([{ number }], ['proofLink', 'contactTypes']), {
    proofLink: '[role=dialog]',
    contactTypes: '[role=region] [role=status]',
  })
  await press(page, '[role=dialog] button[aria-label=Close]')
}

/** Neighbours are compared; the first of them are joined too, and parted again. */
export async function compareNeighbours(every: readonly Tour[], people: readonly Person[]): Promise<void> {
  const pairs = people.flatMap((one, at) => {
    const other = people[at + 1] ?? people[0]!
    // In twos, so that nobody is in two dialogs at a time; the last of an odd number meets the first once more.
    return at % 2 === 0 && other !== one ? [{ one, other, isJoined: at < JOINED }] : []
  })
  const last = pairs.length > 1 && people.length % 2 === 1 ? pairs.pop() : undefined
  const compare = async (tour: Tour, { one, other, isJoined }: (typeof pairs)[number]) => {
    const { page } = tour
    await moveTo(page, `/inbox/${one.conversation}?view=snoozed&merge=${other.contact}`)
    const numbers = [one.payload.number, other.payload.number]
    await untilSeen(
      tour,
      numbers.map((number) => `${number}.merging`),
      { merging: '[role=dialog]' },
    )
    if (!isJoined) return
    await press(page, '[role=dialog] button', 'Yes, one person')
    await page.locator(TOAST.toast!).getByRole('button', { name: 'Undo' }).waitFor()
    await tour.detector.inspect(page, TOAST)
    await press(page, `${TOAST.toast!} button`, 'Undo')
    await page.locator(TOAST.toast!).filter({ hasText: 'Undone' }).waitFor()
    await dismissToasts(tour)
  }
  await shared(every, pairs, compare)
  if (last) await compare(every[0]!, last)
}

/** So many are joined: what is said of it is drawn by the same words at the edge as all that was done. */
const JOINED = 8

/** Answers as the network will show them, beside the field in which they are written: many in each. */
export async function preview(tour: Tour, conversation: string, payloads: readonly Payload[]): Promise<void> {
  const { page } = tour
  await enter(tour)
  await openConversation(tour, conversation, [])
  await press(page, 'button[aria-label="Preview as the network shows it"]')
  const box = page.getByRole('textbox', { name: 'Reply', exact: true })
  for (let at = 0; at < payloads.length; at += IN_ONE_ANSWER) {
    const some = payloads.slice(at, at + IN_ONE_ANSWER)
    await box.fill(some.map(({ number, text }) => mark(number, 'answer') + text.slice(0, 2_000)).join('\n\n'))
    await untilSeen(
      tour,
      some.map(({ number }) => `${number}.fitPreview`),
      { fitPreview: '[role=group][aria-label="As the network will show it"]' },
    )
  }
  await box.fill('')
}

const IN_ONE_ANSWER = 15

/** All questions of a page whether to take something away, so many at once. @param place  what they are called */
export async function seeQuestions(tour: Tour, place: (typeof ACT_PLACES)[number]): Promise<void> {
  const { page } = tour
  const removes = page.locator('main button').filter({ hasText: /^Remove$/ })
  const count = await removes.count()
  for (let at = 0; at < count; at += ASKED_AT_ONCE) {
    const to = Math.min(count, at + ASKED_AT_ONCE)
    await removes.evaluateAll(
      (all, [from, end]) => {
        for (const each of all.slice(from, end)) (each as HTMLElement).click()
      },
      [at, to] as const,
    )
    await page
      .locator('[role=dialog]')
      .nth(to - at - 1)
      .waitFor()
    await tour.detector.inspect(page, { [place]: '[role=dialog]' })
    await pressAll(page, '[role=dialog] button[aria-label=Close]')
    await page.waitForFunction(() => document.querySelector('[role=dialog]') === null)
  }
}

const ASKED_AT_ONCE = 30

/** As after a restore: nothing leaves before a member has looked at it. Answers for later, which do not leave before that either. */
export async function lookAtHeld(tour: Tour, talks: readonly Person[], textOf: (payload: Payload) => string) {
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

const click = (element: Element) => (element as HTMLElement).click()
const HELD: Places = { held: '[role=dialog] li' }
