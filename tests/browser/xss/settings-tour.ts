/** The pages of settings and of channels, as a member reads them: lists of names, one channel, what could not be read, the audit. */
import { seeQuestions } from './acts-tour.ts'
import type { Desk } from './desk-door.ts'
import { mark, marksOf, type Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import { AUDIT_FIELDS } from './member-door.ts'
import type { Payload } from './payloads.ts'
import { BOT_FIELDS, type Platform } from './platform.ts'
import { enter, moveTo, press, turnTo, untilSeen, type Tour } from './tour.ts'

/** Where the same words stand in several places, the place is what was seen. */
export const SETTINGS_PLACES = ['members', 'channels', 'settingsForm', 'tokens', 'sessions', 'unreadable'] as const

/** What is named by these desks: lists, which show them all, and the page of each chat. */
export async function seeDesks(tour: Tour, desks: readonly Desk[], platform: Platform): Promise<void> {
  const { page, parley } = tour
  const payloads = desks.map(({ payload }) => payload)
  await enter(tour)
  await turnTo(tour, '/settings/members', 'Members')
  await untilSeen(tour, marksOf(payloads, ['members']), { members: 'main' })
  await seeQuestions(tour, 'removingMember')
  await turnTo(tour, '/channels', 'Channels')
  await untilSeen(tour, marksOf(payloads, ['channels', 'botHandle', 'botTrouble']), { channels: 'main' })
  for (const { payload, chat } of desks) {
    await moveTo(page, `/channels/${chat}`)
    await untilSeen(tour, marksOf([payload], ['settingsForm']), { settingsForm: 'main form' })
    await press(page, 'main button[aria-label=More]')
    await press(page, '[role=menuitem]', 'Remove')
    await untilSeen(tour, marksOf([payload], ['removingChannel']), { removingChannel: '[role=dialog]' })
  }
  await inBatches(desks, 3, async ({ place, bot }) => {
    platform.refusesBot(place)
    await parley.ask('POST', `/api/channels/${bot}/check`, {})
  })
  await turnTo(tour, '/channels', 'Channels')
  await untilSeen(tour, marksOf(payloads, [BOT_FIELDS[2]]))
}

/** Programs that have written, all at once, and what the audit keeps of them: page by page to its end. */
export async function seeAudit(tour: Tour, payloads: readonly Payload[]): Promise<void> {
  const { page } = tour
  await turnTo(tour, '/settings/tokens', 'API tokens')
  await untilSeen(tour, marksOf(payloads, ['tokens']), { tokens: 'main' })
  await seeQuestions(tour, 'removingToken')
  await turnTo(tour, '/settings/audit', 'Audit')
  const older = page.getByRole('button', { name: 'Older' })
  await page.locator('tbody tr').first().waitFor()
  while (await older.isVisible()) {
    const rows = await page.locator('tbody tr').count()
    await older.click()
    await page.waitForFunction((before) => document.querySelectorAll('tbody tr').length > before, rows)
  }
  const AUDIT: Places = {
    auditedActor: 'td:nth-child(2)',
    auditedName: 'td:nth-child(3)',
  }
  await untilSeen(tour, marksOf(payloads, AUDIT_FIELDS), AUDIT)
}

/**
 * Places where this account is signed in, with what a browser says of itself. An account may be signed in to a hundred times in a
 * quarter of an hour, so the others are written as sign-ins write them. The browser's own words are nowhere shown: of them Parley knows
 * names of its own only.
 */
export async function seeSessions(tour: Tour, payloads: readonly Payload[]): Promise<void> {
  const { parley } = tour
  for (const { number, text } of payloads)
    await parley.query(
      `insert into session (id, account_id, workspace_id, token_hash, address, agent, expires_at)
       select gen_random_uuid(), account_id, workspace_id, sha256(convert_to($1, 'utf8')), $2, $3, now() + interval '1 day' from session order by created_at limit 1`,
      [
        `xss ${number}`,
        asHeader(mark(number, 'address') + text),
        `Firefox/ ${asHeader(mark(number, 'agent') + text)} Linux`,
      ],
    )
  await turnTo(tour, '/settings/account', 'Your account')
  await untilSeen(tour, marksOf(payloads, ['sessions']), { sessions: 'main' })
}

/** What may stand in a head of HTTP. */
const asHeader = (text: string): string => text.replaceAll(/[^\x20-\x7E]/g, ' ').trim()

/** As many as its list shows; then those make room for the next. */
const UNREADABLE_AT_ONCE = 50

export async function seeUnreadable(tour: Tour, channel: string, payloads: readonly Payload[]): Promise<void> {
  const { page, parley, detector } = tour
  const unseen = () => payloads.filter(({ number }) => !detector.seen.has(`${number}.unreadable`)).length
  for (let left = unseen(); left > 0; left -= UNREADABLE_AT_ONCE) {
    await page.goto(`${parley.url}/channels/${channel}`)
    const shown = Math.min(left, UNREADABLE_AT_ONCE)
    const opened = page.locator('[aria-labelledby=unreadable] button[aria-expanded]')
    await opened.nth(shown - 1).waitFor()
    await opened.evaluateAll((all) => {
      for (const each of all) (each as HTMLElement).click()
    })
    for (let tries = 0; tries < 100 && unseen() > left - shown; tries++) await untilSeen(tour, [])
    await parley.query(
      `delete from inbound_work where pos in (select pos from inbound_work where channel_id = $1 and state = 2 order by pos limit $2)`,
      [channel, UNREADABLE_AT_ONCE],
    )
  }
}
