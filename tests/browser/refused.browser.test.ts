/** What the server or the window refuses: it stands there with its reason, and nothing goes out behind its writer's back. */
import { beforeAll, expect, test } from 'vitest'
import type { Page } from '@playwright/test'
import { changeMe } from '#contract/calls/members.ts'
import { mergeContacts } from '#contract/calls/contacts.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
const ann = telegram.phone('Ann Petrova')
let page: Page
/** How often the window asked the server to send. */
let asked = 0
let isRefusing = false

beforeAll(async () => {
  await ann.say(plain('Hello?'))
  await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
  const talk = await until(
    async () => (await owner.call(listConversations, { query: { q: 'Ann' } })).items[0]?.id,
    30_000,
  )
  page = (await openWindow(browser, parley, { path: `/inbox/${talk}?view=failed` })).page
  page.setDefaultTimeout(30_000)
  await page.route('**/messages', (route) => {
    if (route.request().method() !== 'POST') return route.fallback()
    asked += 1
    if (!isRefusing) return route.fallback()
    const problem = { type: 'about:blank', title: 'There is no way', status: 422, code: 'no_road' }
    return route.fulfill({ status: 422, contentType: 'application/problem+json', body: JSON.stringify(problem) })
  })
})

const thread = () => page.getByRole('region', { name: /^Conversation with/ })
const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const refused = () => thread().getByRole('article', { name: 'There is no way to reach this contact now' })
const list = () => page.getByRole('region', { name: 'Conversations' })

test('a refused message stays refused over a reload, and goes only when its writer says so', async () => {
  isRefusing = true
  await composer().fill('At nine.')
  await page.keyboard.press('Enter')
  await refused().waitFor()
  expect(asked).toBe(1)
  isRefusing = false
  await page.reload()
  await refused().waitFor()
  await refused()
    .getByText(/^Written .+, refused /)
    .waitFor()
  await composer().fill('Are you there?')
  await page.keyboard.press('Enter')
  await until(() => ann.sees().some((seen) => JSON.stringify(seen.content).includes('Are you there?')), 30_000)
  expect(JSON.stringify(ann.sees())).not.toContain('At nine.')
  expect(asked).toBe(2)
})

test('the view of what failed does not say that all went out while a refused message stands here, and leads to it', async () => {
  const talk = page.url()
  await page.goto(`${parley.url}/inbox?view=failed`)
  await list().getByRole('heading', { name: 'Not everything went out' }).waitFor()
  await list().getByRole('link', { name: 'Ann Petrova' }).click()
  await refused().waitFor()
  expect(page.url()).toBe(talk)

  await refused().getByRole('button', { name: 'Try again' }).click()
  await until(() => ann.sees().some((seen) => JSON.stringify(seen.content).includes('At nine.')), 30_000)
  await list().getByRole('heading', { name: 'Everything went out' }).waitFor()
})

test('a refused note is not taken into a reply that is being written, nor a refused reply into a note', async () => {
  isRefusing = true
  await composer().fill('A reply, refused')
  await page.keyboard.press('Enter')
  await refused().waitFor()
  await page.getByText('Note', { exact: true }).click()
  const note = page.getByRole('textbox', { name: 'Note for colleagues' })
  await note.fill('For us only')
  await refused().getByRole('button', { name: 'Back to the text box' }).click()
  await page.getByText('A note is being written.').waitFor()
  expect(await note.inputValue()).toBe('For us only')
  await note.fill('')
  await refused().getByRole('button', { name: 'Back to the text box' }).click()
  await expect.poll(() => composer().inputValue()).toBe('A reply, refused')
  await composer().fill('')
  expect(await refused().count()).toBe(0)
})

test('what goes back into the text box of one tab is gone from the other, which cannot send it again', async () => {
  isRefusing = true
  await composer().fill('In two tabs')
  await page.keyboard.press('Enter')
  await refused().waitFor()
  const other = await page.context().newPage()
  await other.goto(page.url())
  const there = other.getByRole('article', { name: 'There is no way to reach this contact now' })
  await there.waitFor()
  await refused().getByRole('button', { name: 'Back to the text box' }).click()
  await expect.poll(() => composer().inputValue()).toBe('In two tabs')
  await there.waitFor({ state: 'detached', timeout: 10_000 })
  await other.close()
  await composer().fill('')
})

test('a refused message of a contact that was joined to another stands in the other’s thread, and can be sent there', async () => {
  await telegram.phone('Bea').say(plain('This is Bea'))
  const rowOf = (q: string) =>
    until(async () => (await owner.call(listConversations, { query: { view: 'all', q } })).items[0], 30_000)
  const [bea, kept] = [await rowOf('Bea'), await rowOf('Ann')]
  isRefusing = true
  await page.goto(`${parley.url}/inbox/${bea.id}?view=all`)
  await composer().fill('For Bea')
  await page.keyboard.press('Enter')
  await refused().waitFor()
  await page.goto('about:blank')
  await owner.call(mergeContacts, { params: { id: kept.contact! }, body: { with: bea.contact! } })

  await page.goto(`${parley.url}/inbox?view=failed`)
  await list().getByRole('link', { name: 'Ann Petrova' }).click()
  await page.waitForURL(`**/${kept.id}*`)
  await refused().getByText('For Bea').waitFor()
  await page.reload()
  isRefusing = false
  await refused().getByRole('button', { name: 'Try again' }).click()
  await refused().waitFor({ state: 'detached' })
  await thread().getByText('For Bea').waitFor()
})

test('an empty file is refused when it is chosen', async () => {
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Attach files' }).click()
  await (await choosing).setFiles({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) })
  const files = page.getByRole('list', { name: 'Files' })
  await files.getByRole('alert').getByText('The file is empty').waitFor()
  await files.getByText('0 bytes').waitFor()
  await composer().fill('Here it is')
  expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Remove empty.txt' }).click()
  await expect.poll(() => page.getByRole('button', { name: 'Send', exact: true }).isEnabled()).toBe(true)
})
