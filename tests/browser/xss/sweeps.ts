/**
 * Places that hold one value at a time, in a window that stays open: what stands there is changed from outside, once for each payload, and the
 * window has to show it by itself. No page is loaded for it.
 */
import type { Besieged } from '#tests/hostile/besieged.ts'
import type { Room } from './bring-in.ts'
import type { Desk } from './desk-door.ts'
import { mark, marksOf, type Places } from './detector.ts'
import type { Opened } from './member-door.ts'
import type { Payload } from './payloads.ts'
import { tokenOf, type Platform } from './platform.ts'
import { titleUpdate } from './telegram-door.ts'
import { enter, moveTo, openConversation, press, pressAll, untilSeen, type Tour } from './tour.ts'

export const SWEPT_PLACES = ['roomTitle', 'assigned', 'memberTypes', 'toast', 'botLink', 'settingsRefused'] as const

export const TOAST: Places = { toast: '.mantine-Notification-root' }

/** What rooms are called, by their platform: each of them another payload at a time, in the rows of the list. */
export async function sweepTitles(
  tour: Tour,
  all: readonly Room[],
  payloads: readonly Payload[],
  tell: (told: object) => Promise<void>,
): Promise<void> {
  await enter(tour)
  await moveTo(tour.page, '/inbox?view=all')
  const atOnce = Math.min(all.length, ROWS)
  for (let at = 0; at < payloads.length; at += atOnce) {
    const some = payloads.slice(at, at + atOnce)
    await Promise.all(some.map((payload, n) => tell(titleUpdate(payload, all[n]!.payloads[0]!, at + n))))
    await untilSeen(tour, marksOf(some, ['roomTitle']), { roomTitle: '[id^=row-]' })
  }
}

/** So many stand in a window together. */
const ROWS = 10

/** A colleague who gets a conversation again and again, and types there: how he is called stands in its head, and in what was done. */
export async function sweepAssignee(
  tour: Tour,
  { conversation }: Opened,
  { member, email }: Pick<Desk, 'member' | 'email'>,
  payloads: readonly Payload[],
): Promise<void> {
  const { page, parley } = tour
  const types = await atHisDesk(parley, email, `/api/conversations/${conversation}/presence`)
  const places: Places = { ...TOAST, assigned: ASSIGN, memberTypes: 'header:has(h2) [role=status]' }
  await enter(tour)
  await openConversation(tour, conversation, [])
  for (const { number, text } of payloads) {
    const name = mark(number, 'assignee')
    await parley.ask('PATCH', `/api/members/${member}`, { name: (name + text).slice(0, 100).trim() })
    await press(page, ASSIGN)
    await press(page, '[role=menuitem]', name.trim())
    // A hint is heard by whoever listens by then.
    await types()
    await untilSeen(tour, marksOf([{ number }], Object.keys(places)), places)
    await dismissToasts(tour)
  }
}

async function atHisDesk(parley: Besieged, email: string, path: string): Promise<() => Promise<void>> {
  const headers = { 'content-type': 'application/json', origin: parley.url }
  const body = JSON.stringify({ email, password: parley.owner.password })
  const signedIn = await fetch(`${parley.url}/api/session`, { method: 'POST', headers, body })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  return async () => {
    const said = await fetch(`${parley.url}${path}`, {
      method: 'PUT',
      headers: { ...headers, cookie },
      body: JSON.stringify({ typing: true }),
    })
    if (!said.ok) throw new Error(`who types was answered with ${said.status}`)
  }
}

export const ASSIGN = 'header:has(h2) button[aria-haspopup=menu]'

export const dismissToasts = ({ page }: Tour) => pressAll(page, `${TOAST.toast!} .mantine-Notification-closeButton`)

/** How a bot is called, and why its platform does not take its settings. */
export async function sweepBot(
  tour: Tour,
  { place, bot }: Pick<Desk, 'place' | 'bot'>,
  platform: Platform,
  payloads: readonly Payload[],
): Promise<void> {
  const { page, parley } = tour
  await page.goto(`${parley.url}/channels/${bot}`)
  const token = page.locator('main form input[type=password]').first()
  await token.waitFor()
  for (const payload of payloads) {
    platform.namesBot(place, payload)
    await parley.ask('POST', `/api/channels/${bot}/check`, {})
    await untilSeen(tour, [`${payload.number}.botLink`], { botLink: '[aria-labelledby=links]' })
    platform.refusesBot(place)
    await token.fill(tokenOf(place))
    await press(page, 'main form button[type=submit]')
    await untilSeen(tour, [`${payload.number}.settingsRefused`], { settingsRefused: 'main form [role=alert]' })
  }
}
