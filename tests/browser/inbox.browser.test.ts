/** A day at the inbox, in a real browser against the whole program: phones of an emulated network on the one side, members on the other. */
import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { changeMe } from '#contract/calls/members.ts'
import {
  announcePresence,
  changeConversation,
  getConversation,
  listConversations,
  sendMessage,
} from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow, type OpenWindow } from '#tests/support/window.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner } = parley
const browser = await aBrowser()
/** A second network, so that one person can be two contacts. */
const other = telegram.addBot({ name: 'Second Shop', handle: 'second_shop_bot' })
let opened: OpenWindow
let page: Page

beforeAll(async () => {
  const settings = { ...telegram.settings, receive: 'webhook' }
  await owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings } })
  await owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Second', settings: { ...other.settings, receive: 'webhook' } },
  })
  await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
  opened = await openWindow(browser, parley, { path: '/inbox?view=all' })
  page = opened.page
  page.setDefaultTimeout(30_000)
})

const thread = () => page.getByRole('region', { name: /^Conversation with/ })
const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const rows = () => page.getByRole('list', { name: 'Conversations' })
/** Rows do not move under the pointer, so it goes away afterwards. */
async function openRow(name: string): Promise<void> {
  await rows().getByRole('button', { name }).click()
  await page.mouse.move(900, 5)
}
const shot = (name: string) =>
  process.env.SHOTS ? page.screenshot({ path: `${process.env.SHOTS}/${name}.png` }) : Promise.resolve()
const saysOn = (phone: { sees(): { from: string; content: object }[] }, words: string) =>
  until(() => phone.sees().some((seen) => seen.from === 'us' && JSON.stringify(seen.content).includes(words)), 30_000)

/** Keys go there now. */
const isFocused = (where: Locator) => where.and(page.locator(':focus')).waitFor()

async function conversationOf(name: string): Promise<ConversationId> {
  return until(async () => {
    const { items } = await owner.call(listConversations, { query: { view: 'all', q: name } })
    return items[0]?.id
  }, 30_000)
}

test('the first message of a stranger stands in the list and in the thread without a reload', async () => {
  await page.getByText('No conversations yet').waitFor()
  const ann = telegram.phone('Ann Petrova')
  await ann.say(plain('Hello! Is the blue kettle still there?'))
  await openRow('Ann Petrova')
  await thread().getByText('Is the blue kettle still there?').waitFor()

  await ann.say(plain('I would take two of them.'))
  await thread().getByText('I would take two of them.').waitFor()
  await shot('live')
})

test('what comes into the thread that one looks at is read at once', async () => {
  const id = await conversationOf('Ann Petrova')
  const read = async () => {
    const { inCount, readCount } = await owner.call(getConversation, { params: { id } })
    return { inCount, readCount }
  }
  await expect.poll(read).toEqual({ inCount: 2, readCount: 2 })
  await telegram.phone('Ann Petrova').say(plain('Today, if I may.'))
  await thread().getByText('Today, if I may.').waitFor()
  await expect.poll(read, { timeout: 5_000 }).toEqual({ inCount: 3, readCount: 3 })
})

test('an answer is typed, reaches the phone, and is ticked only then', async () => {
  const ann = telegram.phone('Ann Petrova')
  await composer().fill('Yes, **two** are left.')
  await page.keyboard.press('Enter')
  const bubble = thread()
    .getByRole('article', { name: /^Ours: Olga/ })
    .filter({ hasText: 'Yes, two are left.' })
  await bubble.waitFor()
  await saysOn(ann, 'Yes, two are left.')
  await bubble.getByRole('img', { name: /^Sent at .*: the network accepted it\./ }).waitFor()
  const seen = ann.sees().findLast((each) => each.from === 'us')!
  expect(seen.content.parts).toMatchObject([
    { kind: 'text', text: 'Yes, two are left.', entities: [{ kind: 'bold', offset: 5, length: 3 }] },
  ])
  expect(await composer().inputValue()).toBe('')
})

test('an answer of the server that comes late takes no tick back', async () => {
  const lou = telegram.phone('Lou Hill')
  await lou.say(plain('Still open?'))
  await openRow('Lou Hill')
  await thread().getByText('Still open?').waitFor()
  const bubble = thread()
    .getByRole('article', { name: /^Ours: Olga/ })
    .filter({ hasText: 'Until nine.' })
  const ticked = bubble.getByRole('img', { name: /^Sent at / })
  const isPost = (url: URL) => url.pathname.endsWith('/messages')
  await page.route(isPost, async (route) => {
    const response = await route.fetch()
    if (route.request().method() === 'POST') await ticked.waitFor()
    await route.fulfill({ response })
  })
  const answered = page.waitForResponse(
    (response) => response.request().method() === 'POST' && isPost(new URL(response.url())),
  )
  await composer().fill('Until nine.')
  await page.keyboard.press('Enter')
  await (await answered).finished()
  await page.unroute(isPost)
  // Kept until it was answered: then the window has heard the answer.
  await expect.poll(() => bubble.count()).toBe(1)
  expect(await ticked.count()).toBe(1)
})

test('a refusal stands red with its reason and ways out; sent again, it arrives', async () => {
  const bob = telegram.phone('Bob Stone')
  await bob.say(plain('When do you open?'))
  await openRow('Bob Stone')
  await thread().getByText('When do you open?').waitFor()
  telegram.fault({ is: 'blocked' })
  await composer().fill('At nine.')
  await page.keyboard.press('Control+Enter')
  const trouble = thread().getByRole('group', { name: 'The contact has blocked us here' })
  await trouble.waitFor()
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('link', { name: /Failed 1/ })
    .waitFor()
  await shot('failed')

  // Writing again lifts the block.
  await bob.block(true)
  await bob.say(plain('Sorry, wrong button.'))
  await thread().getByText('Sorry, wrong button.').waitFor()
  await trouble.getByRole('button', { name: 'Send again' }).click()
  await saysOn(bob, 'At nine.')
  await trouble.waitFor({ state: 'detached' })
})

test('what came while a reply was written is shown before it leaves, and only once', async () => {
  const eva = telegram.phone('Eva Frost')
  await eva.say(plain('Do you deliver?'))
  await openRow('Eva Frost')
  await thread().getByText('Do you deliver?').waitFor()
  await composer().fill('We do.')
  await eva.say(plain('On a Friday?'))
  await thread().getByText('On a Friday?').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'On a Friday?' }).waitFor()
  await composer().fill('We do, on Fridays too.')
  await page.keyboard.press('Enter')
  await saysOn(eva, 'We do, on Fridays too.')
})

test('who blocks us is told in the list, in the thread and beside the address, and no closed road is offered', async () => {
  const gus = telegram.phone('Gus Hart')
  await gus.say(plain('Stop it'))
  await openRow('Gus Hart')
  await thread().getByText('Stop it').waitFor()
  await gus.block(true)
  await thread().getByText('has blocked our channel').waitFor()
  await rows().getByText('has blocked our channel').waitFor()
  await page.getByText('they have blocked us').waitFor()
  await page.getByText('has blocked us', { exact: true }).waitFor()
})

test('what nobody can know is asked, not repeated', async () => {
  const cid = telegram.phone('Cid Lake')
  await cid.say(plain('Ping'))
  await openRow('Cid Lake')
  await thread().getByText('Ping').waitFor()
  telegram.fault({ is: 'cut', when: 'after' })
  await composer().fill('Pong')
  await page.keyboard.press('Enter')
  const maybe = thread().getByRole('group', { name: /Nobody knows/ })
  await maybe.getByText('It may have arrived').waitFor()
  await shot('unconfirmed')
  await maybe.getByRole('button', { name: 'It arrived' }).click()
  await maybe.waitFor({ state: 'detached' })
  await thread().getByRole('img', { name: /^Sent/ }).waitFor()
})

test('what a network puts off says so, and is no undo; a network that is away is told above the composer', async () => {
  const ida = telegram.phone('Ida Moss')
  await ida.say(plain('Knock knock'))
  await openRow('Ida Moss')
  await thread().getByText('Knock knock').waitFor()
  telegram.fault({ is: 'throttle', after: 4 })
  await composer().fill('Who is there?')
  await page.keyboard.press('Enter')
  await thread()
    .getByText(/slow down\. Waits for Telegram until /)
    .waitFor()
  expect(await thread().getByRole('button', { name: /^Undo/ }).count()).toBe(0)
  await saysOn(ida, 'Who is there?')

  telegram.fault({ is: 'server_error', status: 503 }, Infinity)
  await composer().fill('Hello?')
  await page.keyboard.press('Enter')
  const away = page.getByRole('status').filter({ hasText: 'Shop cannot be reached at the moment.' })
  await away.getByRole('link', { name: 'To the channel' }).waitFor()
  await shot('away')
  telegram.calm()
  await saysOn(ida, 'Hello?')
  await away.waitFor({ state: 'detached' })
})

test('by keyboard alone: next, note, reply, assign, snooze, close, undo, search', async () => {
  const id = await conversationOf('Ann Petrova')
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await thread().getByText('Yes, two are left.').waitFor()

  await page.keyboard.press('n')
  const note = page.getByRole('textbox', { name: 'Note for colleagues' })
  await note.waitFor()
  await isFocused(note)
  await page.keyboard.type('She is a regular.')
  await page.keyboard.press('Control+Enter')
  await thread().getByRole('article', { name: /^Note/ }).filter({ hasText: 'She is a regular.' }).waitFor()
  await page.keyboard.press('Escape')
  expect(JSON.stringify(telegram.phone('Ann Petrova').sees())).not.toContain('regular')

  await page.keyboard.press('i')
  await page.getByRole('button', { name: 'Assigned: Olga' }).waitFor()
  await page.keyboard.press('h')
  await page.getByRole('menuitem', { name: /In an hour/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page
    .getByText(/^Snoozed until/)
    .first()
    .waitFor()
  await expect.poll(async () => (await statusOf(id)).status).toBe('snoozed')
  await page.keyboard.press('z')
  await expect.poll(async () => (await statusOf(id)).status).toBe('open')
  await page.keyboard.press('e')
  await expect.poll(async () => (await statusOf(id)).status).toBe('closed')
  // The window hears a moment after the server has it; until then the key would close it again.
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
  await page.keyboard.press('e')
  await expect.poll(async () => (await statusOf(id)).status).toBe('open')

  await page.keyboard.press('r')
  await isFocused(composer())
  await page.keyboard.type('I keep both for you.')
  await page.keyboard.press('Enter')
  await saysOn(telegram.phone('Ann Petrova'), 'I keep both for you.')
  await page.keyboard.press('Escape')

  await page.keyboard.press('j')
  await expect.poll(() => page.url()).not.toContain(id)
  await page.keyboard.press('/')
  await page.getByRole('combobox', { name: 'Search everything' }).waitFor()
  await page.keyboard.type('kettles')
  await page.getByRole('option').filter({ hasText: 'blue kettle' }).waitFor()
  await shot('search')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url()).toContain(id)
  await thread().getByText('Is the blue kettle still there?').waitFor()
})

async function statusOf(id: ConversationId) {
  const { items } = await owner.call(listConversations, { query: { view: 'all', q: 'Ann' } })
  const closed = await owner.call(listConversations, { query: { view: 'closed', q: 'Ann' } })
  return [...items, ...closed.items].find((each) => each.id === id)!
}

test('a colleague who types is seen, and Send asks first', async () => {
  const boris = await parley.member('agent')
  const id = await conversationOf('Ann Petrova')
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await composer().fill('Anything else')
  const typing = async () => {
    await boris.call(announcePresence, { params: { id }, body: { typing: true } })
    return page.getByText('agent is typing').first().isVisible()
  }
  await expect.poll(typing).toBe(true)
  await page.keyboard.press('Control+Enter')
  await page.getByRole('alert').getByText('agent is typing an answer too.').waitFor()
  await page.getByRole('button', { name: 'Keep writing' }).click()
  await composer().fill('')
})

test('who takes his words away again types no longer, and looking on says nothing of typing', async () => {
  const id = await conversationOf('Ann Petrova')
  const told: unknown[] = []
  page.on('request', (request) => {
    if (request.url().endsWith(`${id}/presence`)) told.push((request.postDataJSON() as { typing: unknown }).typing)
  })
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await composer().fill('On second')
  await composer().fill('')
  await expect.poll(() => told.filter((typing) => typing !== false)).toEqual([true, 'stopped'])
  expect(told).toContain(false)
})

test('the preview comes in a conversation that is never still', async () => {
  const clara = await parley.member('agent')
  const id = await conversationOf('Ann Petrova')
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  let isOver = false
  const types = (async () => {
    for (let typing = true; !isOver; typing = !typing)
      await Promise.all([clara.call(announcePresence, { params: { id }, body: { typing } }), page.waitForTimeout(100)])
  })()
  await page.getByRole('button', { name: 'Preview as the network shows it' }).click()
  await composer().fill('Two blue kettles')
  const shown = page.getByRole('group', { name: 'As the network will show it' })
  await shown.getByText('Two blue kettles').waitFor({ timeout: 5_000 })
  isOver = true
  await types
  await composer().fill('')
})

test('a draft outlives a reload, and what is written offline waits and leaves by itself', async () => {
  const id = await conversationOf('Cid Lake')
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await composer().fill('Half a thought')
  await page.waitForResponse((response) => response.url().endsWith('/draft') && response.request().method() === 'PUT')
  await page.reload()
  await expect.poll(() => composer().inputValue()).toBe('Half a thought')

  await opened.context.setOffline(true)
  await composer().fill('Written in a tunnel')
  await page.keyboard.press('Enter')
  await thread().getByText('Waiting for the connection').waitFor()
  await shot('offline')
  await opened.context.setOffline(false)
  await saysOn(telegram.phone('Cid Lake'), 'Written in a tunnel')
  expect(
    telegram
      .phone('Cid Lake')
      .sees()
      .filter((seen) => JSON.stringify(seen.content).includes('tunnel')),
  ).toHaveLength(1)
})

test('a picture is attached and arrives; one comes back and opens in full', async () => {
  const dora = telegram.phone('Dora Hill')
  const png = await aPng(320, 200, '#3a8')
  await dora.say({
    parts: [
      {
        kind: 'image',
        source: { remote: `data:image/png;base64,${png.toString('base64')}` },
        type: 'image/png',
        caption: { text: 'This one', entities: [] },
      },
    ],
  })
  await openRow('Dora Hill')
  await thread().getByRole('button', { name: 'Open: This one' }).click()
  await page.getByRole('dialog', { name: 'This one' }).getByRole('img', { name: 'This one' }).waitFor()
  await page.keyboard.press('Escape')

  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Attach files' }).click()
  await (await choosing).setFiles({ name: 'kettle.png', mimeType: 'image/png', buffer: png })
  await composer().fill('Like this?')
  await expect.poll(() => page.getByRole('button', { name: 'Send', exact: true }).isEnabled()).toBe(true)
  await shot('attach')
  await page.keyboard.press('Enter')
  await saysOn(dora, 'Like this?')
  expect(dora.sees().at(-1)!.content.parts).toMatchObject([{ kind: 'image', caption: { text: 'Like this?' } }])
})

test('two contacts of one name are suggested, joined with a preview, and taken apart again', async () => {
  await telegram.phone('Eva Twin').say(plain('By the first bot'))
  await until(async () => (await owner.call(listConversations, { query: { q: 'Eva' } })).items.length === 1, 30_000)
  await telegram.phone('Eva Twin', other).say(plain('By the second bot'))
  const twins = await until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: 'Eva' } })
    return items.length === 2 ? items : null
  }, 30_000).catch(() => null)
  // One person may be one identity for both bots of a network: then there is nothing to join by hand.
  const [left, right] = twins ?? (await namesakes())
  await page.goto(`${parley.url}/inbox/${left!.id}?view=all&merge=${right!.contact!}`)
  const dialog = page.getByRole('dialog', { name: 'One person?' })
  await dialog.getByRole('region', { name: /^Stays/ }).waitFor()
  await shot('merge')
  await dialog.getByRole('button', { name: 'Yes, one person' }).click()
  await dialog.waitFor({ state: 'detached' })
  const pane = page.getByRole('complementary', { name: 'Contact' })
  await pane.getByText('A colleague joined them').waitFor()
  await pane
    .getByRole('button', { name: /^More for/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Not this person: take it out…' }).click()
  const split = page.getByRole('dialog', { name: /^Take / })
  // The pane goes with the width of the window, its question stays.
  await page.setViewportSize({ width: 1100, height: 900 })
  await page.locator('aside[aria-label="Contact"]').waitFor({ state: 'detached' })
  await split.getByRole('list', { name: 'Goes with it' }).waitFor()
  await page.setViewportSize({ width: 1440, height: 900 })
  await shot('split')
  await split.getByRole('button', { name: 'Take it out' }).click()
  await split.waitFor({ state: 'detached' })
  await pane.getByText('A colleague joined them').waitFor({ state: 'detached' })
})

/** Two people who give the same name. */
async function namesakes() {
  for (const name of ['Fay One', 'Fay Two']) await telegram.phone(name).say(plain(`It is ${name}`))
  return until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: 'Fay' } })
    return items.length === 2 ? items : null
  }, 30_000)
}

test('a proof link is made with its QR and goes into the reply, or into the note that is being written', async () => {
  const dialog = page.getByRole('dialog', { name: /^Continue elsewhere/ })
  const link = async () => {
    await page
      .getByRole('complementary', { name: 'Contact' })
      .getByRole('button', { name: 'Link to another network…' })
      .click()
    await dialog.getByRole('button', { name: 'Link into Second' }).click()
    await dialog.getByRole('img', { name: 'QR code of the link' }).waitFor()
  }
  await link()
  await shot('proof')
  await dialog.getByRole('button', { name: 'Put it into the reply' }).click()
  await expect
    .poll(() => composer().inputValue())
    .toMatch(/^Let us continue here: https:\/\/t\.me\/second_shop_bot\?start=/)

  await page.getByText('Note', { exact: true }).click()
  const note = page.getByRole('textbox', { name: 'Note for colleagues' })
  await note.fill('For us only')
  await link()
  await dialog.getByRole('button', { name: 'Put it into the reply' }).click()
  await expect.poll(() => note.inputValue()).toMatch(/^For us only\nLet us continue here: /)
  await note.fill('')
  await page.getByText('Reply', { exact: true }).click()
})

test('on a phone there is one pane at a time, with a way back', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${parley.url}/inbox?view=all`)
  await openRow('Ann Petrova')
  await thread().getByText('Yes, two are left.').waitFor()
  expect(await page.getByRole('list', { name: 'Conversations' }).count()).toBe(0)
  await shot('phone')
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
  expect(wide).toBeLessThanOrEqual(390)

  const drawer = page.getByRole('dialog', { name: 'Contact' })
  const opens = page.getByRole('button', { name: 'Contact', exact: true })
  await opens.click()
  await drawer.getByText('Where they are').waitFor()
  await page.goBack()
  await drawer.waitFor({ state: 'detached' })
  expect(await thread().isVisible()).toBe(true)
  await opens.click()
  await drawer.getByText('Where they are').waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(await thread().isVisible()).toBe(true)
  // Nor after a reload.
  await opens.click()
  await drawer.getByText('Where they are').waitFor()
  await page.reload()
  await drawer.getByText('Where they are').waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(await thread().isVisible()).toBe(true)
  // Closed, it is nowhere on the way back.
  await page.goBack()
  await rows().getByRole('button', { name: 'Ann Petrova' }).waitFor()
  await openRow('Ann Petrova')
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await rows().getByRole('button', { name: 'Ann Petrova' }).waitFor()
  // A page that began with it has nothing of its own behind it.
  await page.goto(`${parley.url}/inbox/${await conversationOf('Ann Petrova')}?view=all&pane=contact`)
  await drawer.getByText('Where they are').waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(await thread().isVisible()).toBe(true)
  await page.setViewportSize({ width: 1440, height: 900 })
})

test('nothing in it breaks the rules of access, in light and dark', async () => {
  const id = await conversationOf('Bob Stone')
  await owner.call(sendMessage, { params: { id }, body: { text: 'A note.', note: true } })
  await owner.call(changeConversation, { params: { id }, body: { priority: 1 } })
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.goto(`${parley.url}/inbox/${id}?view=all`)
    await thread().getByText('At nine.').waitFor()
    await page.getByRole('complementary', { name: 'Contact' }).getByText('Where they are').waitFor()
    await shot(`whole-${scheme}`)
    const { violations } = await new AxeBuilder({ page: page as never }).include('#main').analyze()
    expect(violations.map(({ id: rule, nodes }) => [rule, ...nodes.map((node) => node.html.slice(0, 160))])).toEqual([])
  }
})

test('the page never met its content policy and threw nothing', () => {
  // A browser tells of every answer that is no success, and of being offline.
  expect(
    opened.complaints.filter((each) => !/Failed to load resource|ERR_INTERNET_DISCONNECTED|WebSocket/.test(each)),
  ).toEqual([])
})
