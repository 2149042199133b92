/** The pane beside the thread: it knows what the thread knows, and tells where what was filled in is not taken. */
import { expect as see, type Page } from '@playwright/test'
import { beforeEach, expect, test } from 'vitest'
import { getContact } from '#contract/calls/contacts.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import { withProviderHeaders } from '#connectors/email-imap/emulator/provider-headers.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { mailShop } from '#tests/support/mail-shop.ts'
import { until } from '#tests/support/parts.ts'
import { openWindow } from '#tests/support/window.ts'

const { mail, parley, owner } = await mailShop()
const browser = await aBrowser()
const ann = mail.phone('Ann')
await ann.write({ subject: 'Kettles', text: 'This is Ann' })
const talk = await until(async () => (await owner.call(listConversations, { query: { q: 'Ann' } })).items[0], 30_000)
let page: Page

beforeEach(async () => {
  const opened = await openWindow(browser, parley, { path: `/inbox/${talk.id}?view=all` })
  page = opened.page
  page.setDefaultTimeout(15_000)
  return () => opened.context.close()
})

const pane = () => page.getByRole('complementary', { name: 'Contact' })
const name = () => pane().getByRole('textbox', { name: 'Name of the contact' })
const tags = () => pane().getByPlaceholder('Type and press Enter')
const known = () => owner.call(getContact, { params: { id: talk.contact! } })

test('a letter under another name renames the contact in the pane too', async () => {
  await see(name()).toHaveValue('Ann')
  const letter =
    `From: "Ann Karenina" <${ann.address}>\r\nTo: shop@provider.test\r\nSubject: Re: Kettles\r\n` +
    `Message-ID: <renamed@people.test>\r\nDate: ${new Date().toUTCString()}\r\n\r\nI have married\r\n`
  mail.deliver(withProviderHeaders(Buffer.from(letter), { from: ann.address, checks: 'pass' }, new Date()))
  await page
    .getByRole('region', { name: /^Conversation with/ })
    .getByText('I have married')
    .waitFor()
  await see(name()).toHaveValue('Ann Karenina')
})

test('a name, a tag and a language end where the server’s limits end', async () => {
  for (const [field, most] of [
    [name(), 200],
    [tags(), 60],
    [pane().getByRole('textbox', { name: 'Language' }), 35],
    [pane().getByRole('textbox', { name: 'Time zone' }), 60],
  ] as const) {
    await field.fill('x'.repeat(600))
    await see(field).toHaveValue('x'.repeat(most))
    await field.fill('')
  }
})

test('a name that is refused stays as it was typed, and is marked until it is another', async () => {
  const before = await name().inputValue()
  await name().fill('\u200B\u2060')
  await name().press('Enter')
  await see(name()).toHaveAttribute('aria-invalid', 'true')
  await see(name()).toHaveAccessibleDescription(/This is not accepted/)
  await see(name()).toHaveValue('\u200B\u2060')
  await name().press('Escape')
  await see(name()).toHaveValue(before)
  await name().fill('Anna')
  await name().press('Enter')
  await until(async () => (await known()).name === 'Anna')
  await see(name()).not.toHaveAttribute('aria-invalid', 'true')
  await name().fill('')
  await name().press('Enter')
  await until(async () => (await known()).givenName === null)
})

test('a tag that is refused is told at the tags', async () => {
  await page.route('**/api/contacts/*', (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({
          status: 422,
          json: { code: 'invalid', title: '', status: 422, fields: [{ path: 'body.tags.0', reason: 'too long' }] },
        })
      : route.fallback(),
  )
  await tags().fill('regular')
  await tags().press('Enter')
  await see(tags()).toHaveAttribute('aria-invalid', 'true')
  expect(await page.getByText('Check the marked fields').count()).toBe(0)
})
