/** `npm run demo` as a newcomer meets it: phones on one page, Parley on another, and buttons that break things. */
import type { FrameLocator, Locator, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aBrowser, complaintsOf } from '#tests/support/browser.ts'
import { aFolder } from '#tests/support/parts.ts'
import { aRunningDemo, type RunningDemo } from '#tests/support/running-demo.ts'

const browser = await aBrowser()
let phones: Page
let parley: Page
let complaints: string[]
let demo: RunningDemo | undefined
afterAll(() => demo?.stop())

beforeAll(async () => {
  demo = await aRunningDemo(await aFolder())
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' })
  phones = await context.newPage()
  complaints = complaintsOf(phones)
  await phones.goto(demo.phones)
  parley = await context.newPage()
  await parley.goto(demo.url)
  await parley.getByLabel(/E-mail/).fill(demo.email)
  await parley.locator('input[type=password]').fill(demo.password)
  await parley.keyboard.press('Enter')
  await parley.getByRole('navigation', { name: 'Views' }).waitFor()
  await parley.goto(`${demo.url}/inbox?view=all`)
}, 180_000)

const app = (name: string): Locator =>
  phones.locator('section.window').filter({ has: phones.getByRole('heading', { name }) })
const thread = (): Locator => parley.getByRole('region', { name: /^Conversation with/ })
const rows = (): Locator => parley.getByRole('list', { name: 'Conversations' })
/** Opens the row that shows these words, until they stand in the thread too. Rows do not move under the pointer, so it goes away. */
async function open(words: string): Promise<void> {
  await rows().getByText(words).first().click()
  await thread().getByText(words).first().waitFor()
  await parley.mouse.move(900, 5)
}

async function answer(words: string): Promise<void> {
  await parley.getByRole('textbox', { name: 'Reply', exact: true }).fill(words)
  await parley.keyboard.press('Control+Enter')
}

test('what is typed on a phone stands in the inbox, and the answer on the phone', async () => {
  const telegram = app('Telegram')
  await telegram.getByRole('textbox', { name: 'Message' }).fill('One more thing: do you wrap gifts?')
  await telegram.getByRole('button', { name: 'Send' }).click()
  await open('Maria Lopez')
  await thread().getByText('do you wrap gifts?').waitFor()
  await answer('We do, in brown paper.')
  await telegram.getByText('We do, in brown paper.').waitFor()
})

test('a letter is answered as a letter', async () => {
  const mail = app('E-mail')
  await mail.getByRole('textbox', { name: 'Subject' }).fill('A question about the invoice')
  await mail.getByRole('textbox', { name: 'Message' }).fill('Is the VAT number on it?')
  await mail.getByRole('button', { name: 'Send' }).click()
  await open('Is the VAT number on it?')
  await thread().getByText('Is the VAT number on it?').waitFor()
  await answer('Yes, it is.')
  await mail.getByText('Re: A question about the invoice').first().waitFor()
  expect(new Set(await mail.locator('.letter .from').allTextContents())).toEqual(
    new Set(['shop@provider.test', 'to shop@provider.test']),
  )
})

test('the shop’s site speaks the language of the page', async () => {
  const shop = phones.frameLocator('iframe.site')
  await shop.getByRole('heading', { name: 'Roasted on Tuesday.' }).waitFor()
  await phones.getByRole('button', { name: 'RU' }).click()
  await shop.getByRole('heading', { name: 'Обжарен во вторник.' }).waitFor()
  await phones.getByRole('button', { name: 'EN' }).click()
  await shop.getByRole('heading', { name: 'Roasted on Tuesday.' }).waitFor()
})

test('the shop’s site carries the real chat, under its own strict policy', async () => {
  const shop: FrameLocator = phones.frameLocator('iframe.site')
  await shop
    .getByRole('button', { name: /chat|write/i })
    .first()
    .click()
  await shop.getByRole('textbox', { name: /write a message/i }).fill('Hello from the shop window')
  await phones.keyboard.press('Enter')
  await open('Hello from the shop window')
  await answer('Hello, visitor!')
  await shop.getByText('Hello, visitor!').waitFor()
})

test('an outage keeps the answer waiting, until it is mended', async () => {
  const telegram = app('Telegram')
  // She has written a letter meanwhile, and is answered where she wrote last.
  await telegram.getByRole('textbox', { name: 'Message' }).fill('And do you deliver on Sundays?')
  await telegram.getByRole('button', { name: 'Send' }).click()
  await open('do you deliver on Sundays?')
  await telegram.getByText('Break something').click()
  await telegram.getByRole('button', { name: /^Outage/ }).click()
  await telegram.getByText('broken now').waitFor()
  await answer('Said during the outage.')
  await thread().getByText('Said during the outage.').waitFor()
  await phones.waitForTimeout(1_500)
  expect(await telegram.getByText('Said during the outage.').count()).toBe(0)
  await telegram.getByRole('button', { name: 'Mend', exact: true }).click()
  await telegram.getByText('broken now').waitFor({ state: 'detached' })
  await telegram.getByText('Said during the outage.').waitFor({ timeout: 20_000 })
})

test('nobody’s content policy complained', () => {
  expect(complaints).toEqual([])
})
