/** Letters as a member meets them: what is read first, how much room it takes, where an answer goes, and when it came. */
import { expect as see, type Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { listConversations, sendMessage } from '#contract/calls/conversations.ts'
import startMail from '#connectors/email-imap/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { aBuiltWindow } from '#tests/support/built-window.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

await aBuiltWindow()
const mail = await startMail()
afterAll(() => mail.close())
const parley = await wholeParley({ reaches: mail.hosts.map((each) => `tcp://${each}`) })
const { owner } = parley
const browser = await aBrowser()
let page: Page
let channel: string

beforeAll(async () => {
  const { id } = await owner.call(createChannel, {
    body: { connector: 'email-imap', name: 'Shop', settings: { ...mail.settings } },
  })
  channel = id
  await until(async () => (await owner.call(getChannel, { params: { id } })).state === 'ready', 15_000)
  ;({ page } = await openWindow(browser, parley, { path: '/account' }))
  page.setDefaultTimeout(20_000)
}, 120_000)

async function openTalk(name: string): Promise<void> {
  const id = await until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0]?.id, 30_000)
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
}

const bubble = () => page.getByRole('article').last()

test('a letter of one word takes the room of one word', async () => {
  await mail.phone('Ann').write({ subject: 'Thanks', text: 'Thank you!', html: '<p>Thank you!</p>' })
  await openTalk('Ann')
  await page.frameLocator('iframe[title]').getByText('Thank you!').waitFor()
  const box = await page.locator('iframe[title]').boundingBox()
  expect(box!.height).toBeLessThan(80)
})

test('of a letter that quotes others the new words are read first, the letter as it was sent on a press', async () => {
  await mail.phone('Bob').write({
    subject: 'Re: Hours',
    text: 'Thank you!\n\nOn Mon, 23 Nov 2026 at 10:00, Shop <shop@provider.test> wrote:\n> We open at nine',
    html: '<p>Thank you!</p><blockquote>We open at nine</blockquote>',
  })
  await openTalk('Bob')
  await bubble().getByText('Thank you!').waitFor()
  expect(await page.locator('iframe[title]').count()).toBe(0)
  await bubble().getByText('Letter', { exact: true }).click()
  await page.frameLocator('iframe[title]').getByText('We open at nine').waitFor()
})

test('an empty letter is an empty letter', async () => {
  mail.deliver('From: Cleo <cleo@people.test>\nTo: shop@provider.test\nMessage-ID: <empty@people.test>\n\n')
  await openTalk('Cleo')
  await see(bubble()).toContainText('(no text)')
  await see(page.getByText('does not know')).toHaveCount(0)
})

test('where a letter asks for answers elsewhere, the member reads it before and after he answers', async () => {
  mail.phone('Office')
  await mail.phone('Form').write({
    subject: 'Order 7',
    text: 'A customer asks',
    cc: ['boss@people.test', 'kim@people.test'],
    headers: { 'Reply-To': mail.phone('Office').address },
  })
  mail.phone('Boss')
  mail.phone('Kim')
  await openTalk('Form')
  await see(bubble()).toContainText('Wants answers at office@people.test')
  await see(page.getByText('The answer goes to office@people.test')).toBeVisible()
  const all = page.getByRole('button', { name: 'To 2 more as in the letter' })
  await page.setViewportSize({ width: 390, height: 800 })
  for (const field of ['Subject', 'Copies to'])
    expect((await page.getByRole('textbox', { name: field }).boundingBox())!.width).toBeGreaterThan(140)
  await page.setViewportSize({ width: 1280, height: 800 })
  await all.click()
  await see(page.getByRole('textbox', { name: 'Copies to' })).toHaveValue('boss@people.test, kim@people.test')
  await page.getByRole('textbox', { name: 'Reply', exact: true }).fill('We have it')
  await page.keyboard.press('Control+Enter')
  await see(bubble()).toContainText('To office@people.test, as the letter asked')
  await until(() => mail.phone('Office').sees().length === 1 && mail.phone('Kim').sees().length === 1, 15_000)
})

test('an answer to a letter further back than the thread is loaded is named as it goes', async () => {
  await mail.phone('Desk').write({
    subject: 'Order 8',
    text: 'Another one asks',
    headers: { 'Reply-To': mail.phone('Office').address },
  })
  const [talk] = await until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: 'Desk' } })
    return items.length > 0 && items
  }, 30_000)
  for (let told = 0; told < 60; told++)
    await owner.call(sendMessage, { params: { id: talk!.id }, body: { note: true, text: `Note ${told}` } })
  await openTalk('Desk')
  await see(page.getByText('The answer goes to office@people.test')).toBeVisible()
})

test('a letter is labelled with the time by which it stands', async () => {
  const sent = new Date(Date.now() - 40 * 60_000)
  mail.mailbox.add(
    'INBOX',
    'From: Dan <dan@people.test>\nTo: shop@provider.test\nSubject: Old\nMessage-ID: <old@people.test>\n\nI waited',
    sent,
  )
  await openTalk('Dan')
  const clock = bubble().locator('footer time').last()
  expect(Math.abs(Date.parse((await clock.getAttribute('datetime'))!) - sent.getTime())).toBeLessThan(2_000)
  expect(await clock.getAttribute('title')).toContain('here since')
  await see(bubble().locator('footer')).toContainText(/here since \w/)
})

test('the address for a site and a printed code is an address', async () => {
  await page.goto(`${parley.url}/channels/${channel}`)
  await page.getByText('mailto:shop@provider.test').first().waitFor()
})

test('the set-up text stresses without stars, and breaks no name of a server', async () => {
  await page.goto(`${parley.url}/channels/add?connector=email-imap`)
  const aside = page.getByRole('complementary', { name: 'How to set it up' })
  await aside.getByText('unverified', { exact: true }).waitFor()
  expect(await aside.innerText()).not.toContain('*')
  const lines = await aside.locator('td code').evaluateAll((codes) => codes.map((code) => code.getClientRects().length))
  expect(new Set(lines)).toEqual(new Set([1]))
})
