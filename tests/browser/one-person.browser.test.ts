/** Three who are one person: joined by an impatient hand, shown with nothing untrue, parted again one at a time. */
import { beforeAll, expect, test } from 'vitest'
import type { Page } from '@playwright/test'
import { mergeContacts } from '#contract/calls/contacts.ts'
import { listConversations, type ConversationRow } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
let page: Page
let talks: ConversationRow[]

beforeAll(async () => {
  for (const name of ['Fay One', 'Fay Two', 'Fay Three']) await telegram.phone(name).say(plain(`It is ${name}`))
  talks = await until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: 'Fay' } })
    return items.length === 3 ? items : null
  }, 30_000)
  page = (await openWindow(browser, parley, { path: `/inbox/${talks[0]!.id}?view=all` })).page
  page.setDefaultTimeout(15_000)
})

const pane = () => page.getByRole('complementary', { name: 'Contact' })

test('one wait is told alike above the thread and beside it', async () => {
  await pane().getByText('Waits for an answer: 1 min').waitFor()
  await page.getByText('waiting 1 min').waitFor()
  await pane().getByText('Known since').waitFor()
})

test('who presses twice joins once, and is told of no failure', async () => {
  let asked = 0
  await page.route('**/merge', (route) => {
    asked += 1
    return route.fallback()
  })
  await page.goto(`${parley.url}/inbox/${talks[0]!.id}?view=all&merge=${talks[1]!.contact!}`)
  const dialog = page.getByRole('dialog', { name: 'One person?' })
  await dialog.getByRole('region', { name: /^Joins it: Fay/ }).waitFor()
  await page.evaluate(() => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Yes, one person')!
    button.click()
    button.click()
  })
  await dialog.waitFor({ state: 'detached' })
  await pane().getByText('A colleague joined them').waitFor()
  expect(asked).toBe(1)
  expect(await page.getByRole('alert').allTextContents()).toEqual([expect.stringMatching(/^Joined: Fay/)])
})

test('who was joined is shown with no number and no day of only one of them', async () => {
  await pane().getByRole('button', { name: 'Undo' }).waitFor()
  expect(await pane().textContent()).not.toMatch(/Known since|\d messages?/)
})

test('of several acts only the one that is undone waits', async () => {
  await owner.call(mergeContacts, { params: { id: talks[0]!.contact! }, body: { with: talks[2]!.contact! } })
  const undo = pane().getByRole('button', { name: 'Undo' })
  await expect.poll(() => undo.count()).toBe(2)
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/undo', async (route) => {
    await held
    await route.fallback()
  })
  await undo.first().click()
  await pane().locator('button[data-loading]').first().waitFor()
  expect(await pane().locator('button[data-loading]').count()).toBe(1)
  const answered = page.waitForResponse('**/undo')
  release()
  expect((await answered).ok()).toBe(true)
  await pane().locator('button[data-loading]').waitFor({ state: 'detached' })
})

test('who were joined are not offered again: not by the browser’s arrow, nor by the address', async () => {
  for (const name of ['Gil One', 'Gil Two']) await telegram.phone(name).say(plain(`It is ${name}`))
  const [one, two] = await until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: 'Gil' } })
    return items.length === 2 ? ([items[0]!, items[1]!] as const) : null
  }, 30_000)
  await page.goto(`${parley.url}/inbox/${one.id}?view=all`)
  await pane().getByRole('button', { name: 'The same person as…' }).click()
  const picker = page.getByRole('dialog', { name: 'Who is the same person?' })
  await picker.getByRole('textbox').fill(two.name)
  await picker.getByRole('button', { name: two.name }).click()
  const dialog = page.getByRole('dialog', { name: 'One person?' })
  await dialog.getByRole('region', { name: `Joins it: ${two.name}` }).waitFor()
  const compared = page.url()
  await dialog.getByRole('button', { name: 'Yes, one person' }).click()
  await dialog.waitFor({ state: 'detached' })

  await page.goBack()
  await expect.poll(() => page.url()).not.toContain('merge=')
  await pane().getByText('A colleague joined them').waitFor()
  expect(await dialog.count()).toBe(0)

  const answered = page.waitForResponse(`**/contacts/${two.contact!}`)
  await page.goto(compared)
  await answered
  await pane().getByText('A colleague joined them').waitFor()
  await expect.poll(() => dialog.count()).toBe(0)
})
