/** A letter that did not leave: it waits with its conversation, and comes back whole, whoever kept it from leaving. */
import { beforeEach, expect, test } from 'vitest'
import { expect as see, type Page } from '@playwright/test'
import { getDraft, listConversations, listMessages, saveDraft } from '#contract/calls/conversations.ts'
import { changeMe } from '#contract/calls/members.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { mailShop } from '#tests/support/mail-shop.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { OWNER } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const { mail, parley, owner } = await mailShop()
const browser = await aBrowser()
await owner.call(changeMe, { body: { preferences: { undoSeconds: 30 } } })
const [ann, bob] = [await conversationWith('Ann'), await conversationWith('Bob')]
let page: Page

beforeEach(async () => {
  const opened = await openWindow(browser, parley, { path: `/inbox/${ann}?view=all` })
  page = opened.page
  page.setDefaultTimeout(30_000)
  return () => opened.context.close()
})

async function conversationWith(name: string) {
  await mail.phone(name).write({ subject: `From ${name}`, text: `This is ${name}` })
  return until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0]?.id, 30_000)
}

const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const subject = () => page.getByRole('textbox', { name: 'Subject' })
const copies = () => page.getByRole('textbox', { name: 'Copies to' })
const files = () => page.getByRole('list', { name: 'Files', exact: true })
const thread = () => page.getByRole('region', { name: /^Conversation with/ })
const send = () => page.getByRole('button', { name: 'Send', exact: true })

/** Words with marks, a subject, a copy, a file, an answer to what Ann said. */
async function write(): Promise<void> {
  await thread().getByText('This is Ann').hover()
  await thread().getByRole('button', { name: 'Reply to this' }).first().click()
  await subject().fill('Kettles')
  await copies().fill('bob@people.test')
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'kettle.png', mimeType: 'image/png', buffer: await aPng(60, 40, '#2a6') })
  await files().getByRole('progressbar').waitFor({ state: 'detached' })
  await composer().fill('**See** attached')
}

async function isWhole(): Promise<void> {
  await see(composer()).toHaveValue('**See** attached')
  await see(subject()).toHaveValue('Kettles')
  await see(copies()).toHaveValue('bob@people.test')
  await files().getByText('kettle.png').waitFor()
  await see(send()).toBeEnabled()
}

const isQuoting = () => page.getByText('Reply to Ann:').waitFor()
const isNothing = () => see(composer()).toHaveValue('')

async function signIn(email: string): Promise<void> {
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.keyboard.press('Enter')
}

test('subject, copies and files wait with their text, in another conversation and over a reload', async () => {
  await write()
  const rows = page.getByRole('list', { name: 'Conversations' })
  await rows.getByRole('button', { name: 'Bob' }).click()
  await page.waitForURL(`**/${bob}*`)
  await see(subject()).toHaveValue('')
  await rows.getByRole('button', { name: 'Ann' }).click()
  await page.waitForURL(`**/${ann}*`)
  await isWhole()

  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void dialog.accept()
  })
  await page.reload()
  await isWhole()
  expect(asked).toEqual(['beforeunload'])
})

test('signing out with a file attached asks before the session is ended; once it is over nothing is asked, and it waits for the same member', async () => {
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void dialog.dismiss()
  })
  await write()
  await page.getByRole('button', { name: /^You: / }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await until(() => asked.length > 0)
  await page.waitForTimeout(500)
  expect(asked).toEqual(['confirm'])
  expect((await page.request.get(`${parley.url}/api/me`)).status()).toBe(200)

  // Ended elsewhere.
  await page.request.delete(`${parley.url}/api/session`, { headers: { origin: parley.url } })
  await page.waitForURL('**/sign-in?why=signed_out*')
  expect(asked).toEqual(['confirm'])
  await signIn(OWNER.email)
  await isWhole()
})

test('what waits is its member’s: the next who signs in in this tab does not see it', async () => {
  await write()
  page.on('dialog', (dialog) => void dialog.accept())
  const { email } = await parley.member('admin')
  await page.context().clearCookies()
  await page.goto(`${parley.url}/sign-in?next=/inbox/${ann}?view=all`)
  await signIn(email)
  await see(composer()).toHaveValue('')
  await see(subject()).toHaveValue('')
  await see(copies()).toHaveValue('')
  await see(files()).toHaveCount(0)
})

test('a note leaves the subject and the copies of the letter that is not written yet', async () => {
  await subject().fill('Kettles')
  await copies().fill('bob@people.test')
  await page.getByText('Note', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Note for colleagues' }).fill('He is in a hurry')
  await page.getByRole('button', { name: 'Save note' }).click()
  await thread().getByText('He is in a hurry').waitFor()
  await page.getByText('Reply', { exact: true }).click()
  await see(subject()).toHaveValue('Kettles')
  await see(copies()).toHaveValue('bob@people.test')
})

test('a copy to what is no address is told at its field, and nothing leaves', async () => {
  await write()
  await copies().fill('Bob <bob@people.test>, Ann Lee')
  await composer().press('Control+Enter')
  await see(copies()).toHaveAccessibleDescription(/^No address for a copy: Ann Lee\. Write .+ or Ann Lee <ann@/)
  await see(copies()).toBeFocused()
  await see(composer()).toHaveValue('**See** attached')
  await copies().fill('Bob <bob@people.test>')
  await see(copies()).not.toHaveAttribute('aria-invalid', 'true')
})

test('a refused letter comes back whole, and the address that was refused is marked', async () => {
  await page.route('**/messages', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 422,
          json: { code: 'invalid', title: '', status: 422, fields: [{ path: 'body.cc.0', reason: 'no e-mail' }] },
        })
      : route.fallback(),
  )
  await write()
  await composer().press('Control+Enter')
  const refused = thread().getByRole('article', { name: 'Something is filled in wrongly' })
  await refused.getByText('No address for a copy: bob@people.test').waitFor()
  await isNothing()
  await refused.getByRole('button', { name: 'Back to the text box' }).click()
  await isWhole()
  await isQuoting()
  await see(copies()).toHaveAccessibleDescription(/^No address for a copy: bob@people\.test\. /)
})

test('a send that is undone comes back whole, unless something else is being written by then', async () => {
  await write()
  await composer().press('Control+Enter')
  await isNothing()
  await see(subject()).toHaveValue('')
  await thread()
    .getByRole('button', { name: /^Undo, / })
    .click()
  await isWhole()
  await isQuoting()

  await composer().press('Control+Enter')
  await isNothing()
  await composer().fill('Another thing')
  await thread()
    .getByRole('button', { name: /^Undo, / })
    .click()
  await see(thread().getByText('taken back before it left')).toHaveCount(2)
  await see(composer()).toHaveValue('Another thing')
  await see(files()).toHaveCount(0)
})

test('a send that is undone brings back no subject that the server wrote', async () => {
  await subject().fill('')
  await copies().fill('')
  await composer().fill('No subject of mine')
  await composer().press('Control+Enter')
  await isNothing()
  await thread()
    .getByRole('button', { name: /^Undo, / })
    .click()
  await see(composer()).toHaveValue('No subject of mine')
  await see(subject()).toHaveValue('')
})

test('who signs out leaves no word behind: what rests is saved first, and what cannot leave is asked about in one question', async () => {
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.dismiss()
  })
  const signOut = async () => {
    await page.getByRole('button', { name: /^You: / }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
  }
  await page.route('**/messages', (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()))
  await composer().fill('It waits')
  await composer().press('Control+Enter')
  await isNothing()
  await subject().fill('Kettles')
  await signOut()
  await until(() => asked.length > 0)
  expect(asked[0]!.split('\n')).toEqual([
    'The subject and the copies of a letter that is not sent yet will be lost.',
    '1 message has not left yet; it waits in this browser until you sign in again.',
    'Sign out all the same?',
  ])

  await page.unrouteAll()
  await page.route('**/draft', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await route.fallback()
  })
  await subject().fill('')
  await composer().fill('It rests')
  await page.waitForTimeout(1_000)
  await composer().fill('It rests still')
  await signOut()
  await page.waitForURL('**/sign-in')
  expect([asked.length, (await owner.call(getDraft, { params: { id: ann } })).text]).toEqual([1, 'It rests still'])
  const { items } = await owner.call(listMessages, { params: { id: ann }, query: {} })
  expect(JSON.stringify(items[0]!.content.parts)).toContain('It waits')
  await owner.call(saveDraft, { params: { id: ann }, body: { text: '', note: false } })
})
