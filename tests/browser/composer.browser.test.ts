/** What is being written belongs to its conversation: it is there when one comes back, and gone once it is sent. */
import { expect as see, type Page } from '@playwright/test'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { mergeContacts } from '#contract/calls/contacts.ts'
import {
  getConversation,
  getDraft,
  listConversations,
  listMessages,
  saveDraft,
  sendMessage,
} from '#contract/calls/conversations.ts'
import { changeMe, getMe } from '#contract/calls/members.ts'
import type { ConversationId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner } = parley
const browser = await aBrowser()
await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'webhook' } },
})
await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
const [ann, bob] = [await conversationWith('Ann'), await conversationWith('Bob')]
let page: Page

beforeEach(async () => {
  for (const id of [ann, bob]) await owner.call(saveDraft, { params: { id }, body: { text: '', note: false } })
  const opened = await openWindow(browser, parley, { path: `/inbox/${ann}?view=all` })
  page = opened.page
  return () => opened.context.close()
})

async function conversationWith(name: string): Promise<ConversationId> {
  await telegram.phone(name).say(plain(`This is ${name}`))
  return until(async () => {
    const { items } = await owner.call(listConversations, { query: { view: 'all', q: name } })
    return items[0]?.id
  }, 30_000)
}

const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const draftOf = async (id: ConversationId) => (await owner.call(getDraft, { params: { id } })).text
const thread = () => page.getByRole('region', { name: /^Conversation with/ })
const isDraft = (address: string) => address.endsWith('/draft')

test('a save that is slow does not bring back what was sent', async () => {
  const held = Promise.withResolvers<void>()
  let saves = 0
  await page.route(
    (url) => isDraft(url.pathname),
    async (route) => {
      // The first save stands somewhere on its way while the message leaves.
      if (route.request().method() === 'PUT' && saves++ === 0) await held.promise
      await route.continue()
    },
  )
  await composer().fill('Sent already')
  await until(() => saves > 0)
  await page.keyboard.press('Enter')
  await page
    .getByRole('region', { name: /^Conversation with/ })
    .getByText('Sent already')
    .waitFor()
  await page.waitForTimeout(300)
  const saved = page.waitForResponse((response) => isDraft(response.url()) && response.request().postData() !== null)
  held.resolve()
  await saved
  await until(async () => saves > 1 && (await draftOf(ann)) === '')
  await page.waitForTimeout(500)
  expect(await draftOf(ann)).toBe('')
})

test('the last words before a page goes are kept', async () => {
  // A page that is gone without its requests, as on a slow line: only what was asked to outlive it is sent.
  await page.evaluate(() => {
    const send = window.fetch
    window.fetch = (input, init) =>
      init?.keepalive || init?.method !== 'PUT' ? send(input, init) : new Promise(() => {})
  })
  await composer().fill('and then she said')
  await page.goto('about:blank')
  await until(async () => (await draftOf(ann)) === 'and then she said')
})

test('a draft that waits shows in the list, also after a reload, until nothing of it is left', async () => {
  await owner.call(saveDraft, { params: { id: bob }, body: { text: 'Kept for Bob', note: false } })
  await page.reload()
  const row = page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Bob' })
  const pencil = row.getByLabel('A draft waits here')
  await pencil.waitFor()
  await row.click()
  await page.waitForURL(`**/${bob}*`)
  await see(composer()).toHaveValue('Kept for Bob')
  await composer().fill('')
  await pencil.waitFor({ state: 'detached' })
  await until(async () => (await draftOf(bob)) === '')
})

test('a draft that is gone by now shows no more once its conversation is opened', async () => {
  await owner.call(saveDraft, { params: { id: bob }, body: { text: 'Kept for Bob', note: false } })
  await page.reload()
  const row = page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Bob' })
  const pencil = row.getByLabel('A draft waits here')
  await pencil.waitFor()
  await owner.call(saveDraft, { params: { id: bob }, body: { text: '', note: false } })
  await row.click()
  await pencil.waitFor({ state: 'detached' })
})

test('a draft that another device went on with is the one that is found on coming back', async () => {
  const rows = page.getByRole('list', { name: 'Conversations' })
  const saved = page.waitForResponse((response) => isDraft(response.url()) && response.request().method() === 'PUT')
  await composer().fill('Short')
  await saved
  await rows.getByRole('button', { name: 'Bob' }).click()
  await page.waitForURL(`**/${bob}*`)
  await owner.call(saveDraft, { params: { id: ann }, body: { text: 'Short, and long', note: false } })
  await rows.getByRole('button', { name: 'Ann' }).click()
  await see(composer()).toHaveValue('Short, and long')
  await composer().press('Control+End')
  await composer().pressSequentially('!')
  await until(async () => (await draftOf(ann)) === 'Short, and long!')
  await composer().fill('')
  await until(async () => (await draftOf(ann)) === '')
})

test('what the member sent from another device waits in the text box no more, and another text is not sent over it unasked', async () => {
  const sendElsewhere = (words: string) =>
    owner.call(sendMessage, { params: { id: ann }, body: { parts: plain(words).parts } })
  await composer().fill('At nine, then')
  await until(async () => (await draftOf(ann)) === 'At nine, then')
  await sendElsewhere('At nine, then')
  await see(composer()).toHaveValue('')

  await composer().fill('At ten, then')
  await sendElsewhere('At eleven, then')
  await thread().getByText('At eleven, then').waitFor()
  await composer().press('Enter')
  await page.getByText('You answered meanwhile, elsewhere: “At eleven, then”').waitFor()
  await see(composer()).toHaveValue('At ten, then')
  await composer().press('Enter')
  await thread().getByText('At ten, then').waitFor()
  // What left from here is no news.
  await composer().fill('Or at twelve')
  await composer().press('Enter')
  await thread().getByText('Or at twelve').waitFor()
})

test('of what was saved in a pause, written on by single keys and sent, nothing stays as a draft', async () => {
  const saved = page.waitForResponse((response) => isDraft(response.url()) && response.request().method() === 'PUT')
  await composer().pressSequentially('Hello wor')
  await saved
  await until(async () => (await draftOf(ann)) === 'Hello wor')
  await composer().pressSequentially('ld, and all of you')
  const emptied = page.waitForResponse(
    (response) => isDraft(response.url()) && response.request().postData()?.includes('"was"') === true,
  )
  await composer().press('Enter')
  await emptied
  expect(await draftOf(ann)).toBe('')
})

test('what is sent here takes no draft away that another device went on with', async () => {
  await composer().fill('Short')
  await until(async () => (await draftOf(ann)) === 'Short')
  await owner.call(saveDraft, { params: { id: ann }, body: { text: 'Short, and then long', note: false } })
  const emptied = page.waitForResponse((response) => isDraft(response.url()) && response.request().method() === 'PUT')
  await composer().press('Enter')
  await emptied
  await see(composer()).toHaveValue('')
  expect(await draftOf(ann)).toBe('Short, and then long')
})

test('what is being written to a contact that is joined to another goes on there, with its files', async () => {
  const [tina, uma] = [await conversationWith('Tina'), await conversationWith('Uma')]
  const contactOf = async (id: ConversationId) => (await owner.call(getConversation, { params: { id } })).contact!
  await owner.call(saveDraft, { params: { id: uma }, body: { text: 'Dear Uma', note: false } })
  await page.goto(`${parley.url}/inbox/${tina}?view=all`)
  const buffer = await aPng(60, 40, '#2a6')
  await page.locator('input[type=file]').setInputFiles({ name: 'kettle.png', mimeType: 'image/png', buffer })
  await composer().fill('Tina, I')
  await until(async () => (await draftOf(tina)) === 'Tina, I')
  // What is written last is not saved yet.
  await page.route(
    (url) => url.pathname.endsWith(`/${tina}/draft`),
    (route) => (route.request().postData()?.includes('said') ? route.abort() : route.continue()),
  )
  await composer().fill('Tina, I said')
  await owner.call(mergeContacts, {
    params: { id: await contactOf(uma) },
    body: { with: await contactOf(tina) },
  })
  await page.waitForURL(`**/${uma}*`)
  await see(composer()).toHaveValue('Dear Uma\nTina, I said')
  await page.getByRole('list', { name: 'Files', exact: true }).getByText('kettle.png').waitFor()
  await until(async () => (await draftOf(uma)) === 'Dear Uma\nTina, I said')
  expect(await draftOf(tina)).toBe('')
})

test('an attached file waits with its conversation, and its picture is let go once it is sent', async () => {
  await page.locator('input[type=file]').setInputFiles({
    name: 'kettle.png',
    mimeType: 'image/png',
    buffer: await aPng(60, 40, '#2a6'),
  })
  const strip = page.getByRole('list', { name: 'Files', exact: true })
  const picture = strip.locator('img')
  await picture.waitFor()
  const address = (await picture.getAttribute('src'))!
  expect(await letGo(address)).toBe(false)

  const rows = page.getByRole('list', { name: 'Conversations' })
  await rows.getByRole('button', { name: 'Bob' }).click()
  await page.waitForURL(`**/${bob}*`)
  await composer().waitFor()
  expect(await strip.count()).toBe(0)
  await rows.getByRole('button', { name: 'Ann' }).click()
  await page.waitForURL(`**/${ann}*`)
  await strip.getByText('kettle.png').waitFor()
  expect([await picture.getAttribute('src'), await letGo(address)]).toEqual([address, false])

  await composer().press('Enter')
  await until(() =>
    telegram
      .phone('Ann')
      .sees()
      .some(({ content }) => JSON.stringify(content).includes('"image"')),
  )
  await until(() => letGo(address))
  expect(await strip.count()).toBe(0)
})

test('what is typed before the draft is loaded joins it, and R alone changes nothing', async () => {
  for (const typed of ['', 'Typed early']) {
    await owner.call(saveDraft, { params: { id: bob }, body: { text: 'Kept for Bob', note: false } })
    const held = Promise.withResolvers<void>()
    const asks = page.waitForRequest((request) => isDraft(new URL(request.url()).pathname))
    await page.route(
      (url) => isDraft(url.pathname),
      async (route) => {
        if (route.request().method() === 'GET') await held.promise
        await route.continue()
      },
    )
    await page.goto(`${parley.url}/inbox/${bob}?view=all`)
    await asks
    await composer().waitFor()
    await page.locator('body').click({ position: { x: 2, y: 400 } })
    await page.keyboard.press('r')
    if (typed) await composer().fill(typed)
    await page.waitForTimeout(1_500)
    expect(await draftOf(bob)).toBe('Kept for Bob')
    held.resolve()
    const both = typed ? `Kept for Bob\n${typed}` : 'Kept for Bob'
    await until(async () => (await composer().inputValue()) === both)
    await until(async () => (await draftOf(bob)) === both)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  }
})

test('who comes back to a conversation finds the text that is still owed to the server, not the older one that it has', async () => {
  await owner.call(saveDraft, { params: { id: ann }, body: { text: 'Older', note: false } })
  await page.reload()
  await until(async () => (await composer().inputValue()) === 'Older')
  const away = { drafts: true, all: true }
  const unavailable = { status: 503, json: { code: 'unavailable', title: '', status: 503 } }
  await page.route('**/api/me', (route) => (away.all ? route.fulfill(unavailable) : route.continue()))
  await page.route(
    (url) => isDraft(url.pathname),
    (route) => (away.drafts && route.request().method() === 'PUT' ? route.fulfill(unavailable) : route.continue()),
  )
  await composer().fill('Newer')
  const comeBack = async () => {
    const rows = page.getByRole('list', { name: 'Conversations' })
    await rows.getByRole('button', { name: 'Bob' }).click()
    await page.waitForURL(`**/${bob}*`)
    await composer().waitFor()
    await rows.getByRole('button', { name: 'Ann' }).click()
    await page.waitForURL(`**/${ann}*`)
    await composer().waitFor()
    await page.waitForTimeout(1_000)
    return composer().inputValue()
  }
  // Away for so long that all is read anew once the server is back.
  await page.waitForTimeout(2_500)
  const answered = page.waitForResponse((response) => response.url().endsWith('/api/me') && response.ok())
  away.all = false
  await answered
  expect(await comeBack()).toBe('Newer')
  away.drafts = false
  await until(async () => (await draftOf(ann)) === 'Newer', 15_000)
  // Saved by now, it is not owed any more.
  await page.waitForTimeout(1_000)
  expect(await comeBack()).toBe('Newer')
})

test('a text that cannot be saved is asked about, and saved by the next page', async () => {
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void dialog.accept()
  })
  let isAway = true
  await page.route(
    (url) => isDraft(url.pathname),
    (route) => (isAway && route.request().method() === 'PUT' ? route.abort() : route.continue()),
  )
  const failed = page.waitForEvent('requestfailed')
  await composer().fill('Written offline')
  await failed
  await page.goto('about:blank')
  expect(asked).toEqual(['beforeunload'])
  isAway = false
  await page.goto(`${parley.url}/inbox?view=all`)
  await until(async () => (await draftOf(ann)) === 'Written offline')
})

test('what waits to be sent is its writer’s: it does not leave under the session of the next member', async () => {
  const words = 'Mine, not the next one’s'
  const said = async () => {
    const { items } = await owner.call(listMessages, { params: { id: ann }, query: {} })
    return items.find(({ content }) => JSON.stringify(content).includes(words)) ?? null
  }
  const signIn = ({ email }: { email: string }) =>
    page.request.post(`${parley.url}/api/session`, {
      data: { email, password: OWNER.password },
      headers: { origin: parley.url },
    })
  let isCut = true
  await page.route(
    (url) => url.pathname.endsWith('/messages'),
    (route) => (isCut && route.request().method() === 'POST' ? route.abort() : route.fallback()),
  )
  const failed = page.waitForEvent('requestfailed')
  await composer().fill(words)
  await page.keyboard.press('Enter')
  await failed
  const next = await parley.member('agent')
  await signIn(next)
  const refused = page.waitForResponse((answer) => answer.status() === 409)
  isCut = false
  // Its body goes with the page, which is left because of it.
  await refused
  await page.getByRole('button', { name: 'You: agent' }).waitFor({ timeout: 15_000 })
  await page.waitForTimeout(5_000)
  expect([await said(), await page.getByText(words).count()]).toEqual([null, 0])

  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await signIn(OWNER)
  await page.goto(`${parley.url}/inbox/${ann}?view=all`)
  const { author } = await until(said, 15_000)
  expect(author.member).toBe((await owner.call(getMe)).member.id)
})

/** Whether the page no longer holds the bytes behind this address. */
const letGo = (address: string) =>
  page.evaluate(
    (src) =>
      new Promise<boolean>((resolve) => {
        const image = new Image()
        image.addEventListener('load', () => resolve(false))
        image.addEventListener('error', () => resolve(true))
        image.src = src
      }),
    address,
  )
