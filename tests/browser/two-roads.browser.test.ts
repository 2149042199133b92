/** One contact, by chat and by letter: what is undone comes back, whichever road it took and whatever is open by then. */
import { afterAll, beforeEach, expect, test } from 'vitest'
import { expect as see, type Page } from '@playwright/test'
import { createChannel } from '#contract/calls/channels.ts'
import { mergeContacts } from '#contract/calls/contacts.ts'
import { getDraft, listConversations, type ConversationRow } from '#contract/calls/conversations.ts'
import { changeMe } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { mailShop } from '#tests/support/mail-shop.ts'
import { until } from '#tests/support/parts.ts'
import { openWindow } from '#tests/support/window.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const { mail, parley, owner } = await mailShop({ reaches: [telegram.url] })
const browser = await aBrowser()
await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Chat', settings: { ...telegram.settings, receive: 'webhook' } },
})
await owner.call(changeMe, { body: { preferences: { undoSeconds: 30 } } })
await mail.phone('Ann').write({ subject: 'From Ann', text: 'This is Ann' })
const ann = await rowOf('Ann')
for (const name of ['Ann Lee', 'Bob']) await telegram.phone(name).say(plain(`This is ${name}`))
const [lee, bob] = [await rowOf('Ann Lee'), await rowOf('Bob')]
await owner.call(mergeContacts, { params: { id: ann.contact! }, body: { with: lee.contact! } })
let page: Page

beforeEach(async () => {
  const opened = await openWindow(browser, parley, { path: `/inbox/${ann.id}?view=all` })
  page = opened.page
  page.setDefaultTimeout(30_000)
  return () => opened.context.close()
})

async function rowOf(q: string): Promise<ConversationRow> {
  return until(async () => (await owner.call(listConversations, { query: { view: 'all', q } })).items[0], 30_000)
}

async function goBy(network: string): Promise<void> {
  await page.getByRole('button', { name: /Change the road$/ }).click()
  await page.getByRole('menuitem', { name: network }).click()
  await page.getByRole('button', { name: new RegExp(`^.*via ${network}.*Change the road$`) }).waitFor()
}

const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const subject = () => page.getByRole('textbox', { name: 'Subject' })
const undo = () => page.getByRole('button', { name: /^Undo, / })

test('a subject that waits for a letter keeps no undone chat message from coming back, and goes with what is sent', async () => {
  await goBy('E-mail')
  await subject().fill('Kettles')
  await goBy('Telegram')
  await composer().fill('At nine')
  await composer().press('Enter')
  await see(composer()).toHaveValue('')
  await undo().click()
  await see(composer()).toHaveValue('At nine')
  await goBy('E-mail')
  await see(subject()).toHaveValue('')
  await composer().fill('')
})

test('what is undone is found where it was written, by who opened another conversation meanwhile', async () => {
  await goBy('Telegram')
  await composer().fill('At ten')
  await composer().press('Enter')
  const held = Promise.withResolvers<void>()
  await page.route('**/cancel', async (route) => {
    await held.promise
    await route.continue()
  })
  await undo().click()
  const rows = page.getByRole('list', { name: 'Conversations' })
  await rows.getByRole('button', { name: 'Bob' }).click()
  await page.waitForURL(`**/${bob.id}*`)
  await composer().waitFor()
  held.resolve()
  await until(async () => (await owner.call(getDraft, { params: { id: ann.id } })).text === 'At ten')
  await rows.getByRole('button', { name: 'Ann' }).click()
  await see(composer()).toHaveValue('At ten')
  expect(page.url()).toContain(ann.id)
})
