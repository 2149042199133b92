/** The pane beside the thread: it knows what the thread knows, and tells where what was filled in is not taken. */
import { expect as see, type Page } from '@playwright/test'
import { beforeEach, expect, test } from 'vitest'
import { changeContact, getContact } from '#contract/calls/contacts.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import { withProviderHeaders } from '#connectors/email-imap/emulator/provider-headers.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { mailShop } from '#tests/support/mail-shop.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
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

/** A letter of hers under another name, once it stands in the thread. */
async function comesAs(called: string, words: string) {
  const letter =
    `From: "${called}" <${ann.address}>\r\nTo: shop@provider.test\r\nSubject: Re: Kettles\r\n` +
    `Message-ID: <${words.replaceAll(' ', '-')}@people.test>\r\nDate: ${new Date().toUTCString()}\r\n\r\n${words}\r\n`
  mail.deliver(withProviderHeaders(Buffer.from(letter), { from: ann.address, checks: 'pass' }, new Date()))
  await page
    .getByRole('region', { name: /^Conversation with/ })
    .getByText(words)
    .waitFor()
}

test('a letter under another name renames the contact in the pane too', async () => {
  await see(name()).toHaveValue('Ann')
  await comesAs('Ann Karenina', 'I have married')
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

test('a language that is none is refused at its field, which says what is wanted', async () => {
  await owner.call(changeContact, { params: { id: talk.contact! }, body: { language: 'en' } })
  const language = pane().getByRole('textbox', { name: 'Language' })
  await see(language).toHaveAccessibleDescription(/English/)
  await language.fill('zz-nonsense-!!')
  await language.press('Enter')
  await see(language).toHaveAttribute('aria-invalid', 'true')
  // And no longer what the last one was called.
  await see(language).toHaveAccessibleDescription('A language by its code: en, pt-BR')
  await language.fill('pt-BR')
  await language.press('Enter')
  await until(async () => (await known()).language === 'pt-BR')
  await see(language).not.toHaveAttribute('aria-invalid', 'true')
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

const CHANGES = '**/api/contacts/*'
const addFact = async (called: string, value: string) => {
  await pane().getByRole('button', { name: 'Add a fact' }).click()
  await pane().getByRole('textbox', { name: 'Name', exact: true }).fill(called)
  await pane().getByRole('textbox', { name: 'Value' }).fill(value)
  await pane().getByRole('textbox', { name: 'Value' }).press('Enter')
}

test('a tag and a fact change alone: what a colleague changes at the same moment stays', async () => {
  const params = { id: talk.contact! }
  await owner.call(changeContact, { params, body: { tags: ['late'], fields: { city: 'Riga' } } })
  await see(pane().getByRole('textbox', { name: 'city' })).toHaveValue('Riga')
  let colleague: Parameters<typeof owner.call<{}, {}, {}>>[1] = {}
  await page.route(CHANGES, async (route) => {
    if (route.request().method() === 'PATCH') await owner.call(changeContact, { params, ...colleague } as never)
    await route.fallback()
  })
  colleague = { body: { tags: { add: ['wholesale'] }, fields: { shoe: '42' } } }
  await pane().getByText('late').waitFor()
  await pane().getByLabel('Tags').fill('tea')
  await pane().getByLabel('Tags').press('Enter')
  await until(async () => (await known()).tags.length === 3)
  colleague = { body: { fields: { shoe: '43' } } }
  await pane().getByRole('textbox', { name: 'city' }).fill('Oslo')
  await pane().getByRole('textbox', { name: 'city' }).press('Enter')
  await until(async () => (await known()).fields.city === 'Oslo')
  colleague = { body: { fields: { shoe: '44' } } }
  await addFact('size', 'L')
  await until(async () => (await known()).fields.size === 'L')
  colleague = { body: { fields: { shoe: '45' } } }
  await pane().getByRole('button', { name: 'Remove city' }).click()
  await until(async () => (await known()).fields.city === undefined)
  const { tags, fields } = await known()
  expect(tags.toSorted()).toEqual(['late', 'tea', 'wholesale'])
  expect(fields).toEqual({ shoe: '45', size: 'L' })
})

test('what meets no network stays as it was typed, and is saved by the next try', async () => {
  await page.route(CHANGES, (route) => (route.request().method() === 'PATCH' ? route.abort() : route.fallback()))
  await name().fill('Anna')
  await name().press('Enter')
  await page.getByText('Look at your network and try again').first().waitFor()
  await see(name()).toHaveValue('Anna')
  await see(name()).toHaveAttribute('aria-invalid', 'true')
  await pane().getByLabel('Tags').fill('unsent')
  await pane().getByLabel('Tags').press('Enter')
  await addFact('dog', 'Rex')
  await page.waitForTimeout(1_000)
  await see(pane().getByLabel('Tags')).toHaveValue('unsent')
  await see(pane().getByRole('textbox', { name: 'Value' })).toHaveValue('Rex')
  await page.unroute(CHANGES)
  await pane().getByRole('textbox', { name: 'Value' }).press('Enter')
  await pane().getByRole('textbox', { name: 'dog' }).waitFor()
  await pane().getByLabel('Tags').press('Enter')
  await pane().getByText('unsent').waitFor()
  await name().press('Enter')
  await until(async () => (await known()).name === 'Anna')
  await see(name()).not.toHaveAttribute('aria-invalid', 'true')
  expect(await known()).toMatchObject({ fields: { dog: 'Rex' }, tags: expect.arrayContaining(['unsent']) })
  await name().fill('')
  await name().press('Enter')
  await until(async () => (await known()).givenName === null)
})

test('a tag that meets no network is not lost to the next one, which is being typed already', async () => {
  const held = Promise.withResolvers<void>()
  await page.route(CHANGES, async (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback()
    await held.promise
    await route.abort()
  })
  const field = pane().getByLabel('Tags')
  await field.fill('first')
  await field.press('Enter')
  await see(field).toHaveValue('')
  await field.pressSequentially('sec')
  held.resolve()
  await see(field).toHaveValue('first,sec')
  await page.unroute(CHANGES)
  await field.pressSequentially('ond')
  await field.press('Enter')
  await until(async () => {
    const { tags: now } = await known()
    return now.includes('first') && now.includes('second')
  })
  await see(field).toHaveValue('')
})

test('a fact whose name is refused is told where it is typed', async () => {
  await page.route(CHANGES, (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({
          status: 422,
          json: { code: 'invalid', title: '', status: 422, fields: [{ path: 'body.fields.cat', reason: 'too odd' }] },
        })
      : route.fallback(),
  )
  await addFact('cat', 'Tom')
  await see(pane().getByRole('textbox', { name: 'Value' })).toHaveAttribute('aria-invalid', 'true')
  await see(pane().getByRole('textbox', { name: 'Value' })).toHaveValue('Tom')
})

test('the pane stays, with what is being typed, where it cannot be read afresh', async () => {
  await see(name()).not.toHaveValue('')
  await page.route(CHANGES, (route) =>
    route.request().method() === 'GET'
      ? route.fulfill({ status: 500, json: { code: 'broken', title: '', status: 500 } })
      : route.fallback(),
  )
  await name().fill('Ann, who')
  const asked = page.waitForResponse((response) => response.status() === 500)
  await comesAs('Ann Vronskaya', 'I have married again')
  await asked
  await page.waitForTimeout(500)
  await see(name()).toHaveValue('Ann, who')
})

test('what is called a picture and is none lies there as a file', async () => {
  await ann.write({
    subject: 'Re: Kettles',
    text: 'Two pictures',
    files: [
      { name: 'kettle.png', type: 'image/png', bytes: await aPng(40, 40) },
      { name: 'broken.png', type: 'image/png', bytes: Buffer.from('This is no picture at all') },
    ],
  })
  await pane()
    .getByRole('link', { name: /^broken\.png/ })
    .getByText('broken.png')
    .waitFor()
  expect(await pane().locator('img[src*="thumbnail"]').count()).toBe(1)
})
