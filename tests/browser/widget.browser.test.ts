/**
 * The chat as visitors meet it: a real Chromium, a shop's page on another origin with the strictest policy, and the whole Parley. After
 * each test the pages must not have caused a single policy report, nor an error.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { expect as see, type BrowserContext, type Page } from '@playwright/test'
import { build } from 'vite'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { getContact } from '#contract/calls/contacts.ts'
import { announcePresence, listConversations, listMessages, sendMessage } from '#contract/calls/conversations.ts'
import type { ConversationId, FileId } from '#contract/ids.ts'
import startSite from '#connectors/webchat/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const root = fileURLToPath(new URL('../../widget/', import.meta.url))
// What is tested is what stands in the sources now, not what was built some day; as `npm run build` leaves it, squeezed.
await build({ root, configFile: `${root}vite.config.ts`, logLevel: 'warn' })
const site = await startSite()
const hostile = await startSite()
afterAll(() => Promise.all([site.close(), hostile.close()]))
const parley = await wholeParley()
const { owner } = parley
const SECRET = 'a secret of the site that is long enough'
const channel = await owner.call(createChannel, {
  body: {
    connector: 'webchat',
    name: 'Site',
    settings: {
      ...site.settings,
      title: 'Shoe shop',
      identitySecret: SECRET,
      greeting: 'Welcome! What are you looking for?',
    },
  },
})
site.meets(`${parley.url}/hooks/${channel.id}`)
hostile.meets(`${parley.url}/hooks/${channel.id}`)
const browser = await aBrowser()

const contexts: BrowserContext[] = []
const troubles: string[] = []
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
  const seen = troubles.splice(0)
  if (seen.length > 0) throw new Error(`the pages had trouble: ${seen.join(' · ')}`)
})

async function aContext(options: Parameters<typeof browser.newContext>[0] = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options })
  contexts.push(context)
  await context.exposeFunction('noteViolation', (what: string) => troubles.push(what))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const note = (window as unknown as { noteViolation(what: string): void }).noteViolation
      note(`${event.violatedDirective}: ${event.blockedURI}`)
    })
  })
  return context
}

async function aPage(context: BrowserContext, url = site.url): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|Refused to/i.test(message.text())) troubles.push(message.text())
  })
  await page.goto(url)
  return page
}

const launcher = (page: Page) => page.getByRole('button', { name: /open the chat/i })
const box = (page: Page) => page.getByRole('dialog', { name: 'Shoe shop' })
const field = (page: Page) => box(page).getByRole('textbox', { name: /write a message/i })
const bubbles = (page: Page, text: string) => box(page).getByRole('log').locator('.bubble').filter({ hasText: text })

async function open(page: Page): Promise<void> {
  await launcher(page).click()
  await see(field(page)).toBeFocused()
}

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await field(page).press('Enter')
}

async function conversationWith(words: string): Promise<ConversationId> {
  const row = await until(async () => {
    const { items } = await owner.call(listConversations, { query: {} })
    return items.find((each) => each.last?.words === words)
  })
  return row.id
}

const answer = (id: ConversationId, text: string) => owner.call(sendMessage, { params: { id }, body: { text } })
const wordsIn = async (id: ConversationId) =>
  (await owner.call(listMessages, { params: { id }, query: {} })).items.map(({ content: { parts } }) =>
    parts[0]?.kind === 'text' ? parts[0].text : '',
  )

test('a visitor writes, a member answers, and after a reload both stand there once', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await see(box(page)).toContainText('Welcome! What are you looking for?')
  await say(page, 'Do you have size 43?')
  const conversation = await conversationWith('Do you have size 43?')
  await see(bubbles(page, 'Do you have size 43?')).toHaveCount(1)
  await answer(conversation, 'Yes: https://shop.example/43 and <b>more</b>')
  await see(bubbles(page, 'Yes:')).toContainText('<b>more</b>')
  await see(box(page).getByRole('link', { name: 'https://shop.example/43' })).toHaveAttribute(
    'rel',
    /noopener noreferrer/,
  )

  await page.reload()
  await open(page)
  await see(bubbles(page, 'Do you have size 43?')).toHaveCount(1)
  await see(bubbles(page, 'Yes:')).toHaveCount(1)
  await say(page, 'Thank you')
  await conversationWith('Thank you')
  expect(await wordsIn(conversation)).toHaveLength(3)
})

test('an answer to a closed chat shows as a badge, and reading it gives the member his tick', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await say(page, 'I will wait outside')
  const conversation = await conversationWith('I will wait outside')
  await page.keyboard.press('Escape')
  await see(box(page)).toBeHidden()
  await see(launcher(page)).toBeFocused()
  const sent = await answer(conversation, 'You may come in')
  await see(page.getByRole('button', { name: 'Open the chat: 1 new message' })).toBeVisible()
  const state = async () =>
    (await owner.call(listMessages, { params: { id: conversation }, query: {} })).items.find(({ id }) => id === sent.id)
      ?.deliveries[0]?.state
  await until(async () => (await state()) === 'delivered')
  await open(page)
  await until(async () => (await state()) === 'read')
  await page.keyboard.press('Escape')
  await see(page.getByRole('button', { name: 'Open the chat', exact: true })).toBeVisible()
  expect(troubles).toEqual([])
})

test('a second tab shows what the first one does', async () => {
  const context = await aContext()
  const [one, two] = [await aPage(context), await aPage(context)]
  await open(one)
  await say(one, 'from the first tab')
  await conversationWith('from the first tab')
  await two.reload()
  await open(two)
  await see(bubbles(two, 'from the first tab')).toHaveCount(1)
  await say(two, 'from the second tab')
  await see(bubbles(one, 'from the second tab')).toHaveCount(1)
  const conversation = await conversationWith('from the second tab')
  expect(await wordsIn(conversation)).toEqual(expect.arrayContaining(['from the first tab', 'from the second tab']))
})

test('both sides see each other type', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await say(page, 'who is there?')
  const id = await conversationWith('who is there?')
  const feed = await owner.feed()
  await owner.call(announcePresence, { params: { id }, body: { typing: true } })
  await see(box(page).getByRole('status')).toHaveText('Shoe shop is typing…')
  await field(page).pressSequentially('hm')
  await until(() =>
    feed.frames.some((frame) => 'hints' in frame && frame.hints.some(({ hint }) => hint === 'contact.typing')),
  )
  feed.close()
  expect(troubles).toEqual([])
})

test('the server goes and comes: nothing said meanwhile is lost or doubled', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await say(page, 'before the restart')
  const conversation = await conversationWith('before the restart')
  const restarting = parley.restart()
  await see(box(page).getByRole('status')).toHaveText('Connecting…')
  await say(page, 'while it was away')
  await see(bubbles(page, 'while it was away')).toHaveCount(1)
  await restarting
  await conversationWith('while it was away')
  await answer(conversation, 'back again')
  await see(bubbles(page, 'back again')).toHaveCount(1)
  await see(bubbles(page, 'while it was away')).toHaveCount(1)
  await see(box(page).getByRole('img', { name: 'Waiting to be sent' })).toHaveCount(0)
  expect((await wordsIn(conversation)).toSorted()).toEqual(['back again', 'before the restart', 'while it was away'])
})

test('what was written without a network is sent after a reload', async () => {
  const context = await aContext()
  const page = await aPage(context)
  await open(page)
  await say(page, 'still online')
  const conversation = await conversationWith('still online')
  await page.evaluate(() => {
    // A wire that is open and dead: whatever is said into it is lost.
    WebSocket.prototype.send = () => {}
  })
  await say(page, 'into a dead wire')
  await see(box(page).getByRole('img', { name: 'Waiting to be sent' })).toHaveCount(1)
  await page.reload()
  await conversationWith('into a dead wire')
  expect(await wordsIn(conversation)).toHaveLength(2)
})

test('a visitor is told how much is left near the end, and when not all of what he pasted fits', async () => {
  const context = await aContext()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await aPage(context)
  await open(page)
  const left = box(page).locator('.left')
  await field(page).fill('x'.repeat(3_799))
  await see(left).toHaveText('')
  await field(page).fill('x'.repeat(3_800))
  await see(left).toHaveText('200')
  await page.evaluate(() => navigator.clipboard.writeText('y'.repeat(201)))
  await field(page).press('End')
  await field(page).press('ControlOrMeta+v')
  await see(field(page)).toHaveValue('x'.repeat(3_800) + 'y'.repeat(200))
  await see(left).toHaveText('0')
  await see(box(page).getByRole('alert')).toHaveText('Not all of it fits: a message holds 4,000 characters')
  await field(page).fill('')
  await page.evaluate(() => navigator.clipboard.writeText('short'))
  await field(page).press('ControlOrMeta+v')
  await see(box(page).getByRole('alert')).toBeHidden()
  // Dragged into the field, it goes by the same way.
  await page.evaluate(() => {
    const words = document.createElement('p')
    words.textContent = 'z'.repeat(4_001)
    words.draggable = true
    words.addEventListener('dragstart', (event) => event.dataTransfer!.setData('text/plain', words.textContent!))
    words.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 60px; height: 20px; overflow: hidden'
    words.id = 'dragged'
    document.body.append(words)
  })
  await field(page).fill('')
  await page.locator('#dragged').dragTo(field(page))
  await see(field(page)).toHaveValue('z'.repeat(4_000))
  await see(box(page).getByRole('alert')).toHaveText('Not all of it fits: a message holds 4,000 characters')
})

test('files go both ways, pictures are seen in place, and what is too large is told before', async () => {
  const page = await aPage(await aContext())
  await open(page)
  const picker = box(page).locator('input[type=file]')
  await picker.evaluate((input: HTMLInputElement) => {
    const given = new DataTransfer()
    given.items.add(new File([new Uint8Array(25_000_001)], 'huge.bin'))
    input.files = given.files
    input.dispatchEvent(new Event('change'))
  })
  await see(box(page).getByRole('alert')).toHaveText('huge.bin is larger than 25 MB')
  await picker.setInputFiles({ name: 'old shoe.png', mimeType: 'image/png', buffer: await aPng(300, 200, '#a52') })
  await see(box(page).getByRole('button', { name: 'Remove: old shoe.png' })).toBeVisible()
  await see(box(page).getByRole('progressbar')).toHaveCount(0)
  await say(page, 'can you repair this?')
  const picture = box(page).getByRole('button', { name: 'Enlarge: old shoe.png' })
  await see(picture).toHaveClass(/there/)
  const conversation = await until(async () => {
    const { items } = await owner.call(listConversations, { query: {} })
    return items.find((each) => each.last?.words.includes('can you repair this?'))?.id
  })
  const { items } = await owner.call(listMessages, { params: { id: conversation }, query: {} })
  expect(items[0]!.content.parts).toMatchObject([{ kind: 'image', width: 300, height: 200 }, { kind: 'text' }])

  await picture.click()
  const large = page.getByRole('dialog', { name: 'old shoe.png' })
  await see(large.getByRole('img')).toBeVisible()
  await page.keyboard.press('Escape')
  await see(large).toBeHidden()

  const file = await owner.upload('offer.csv', 'text/csv', Buffer.from('repair,49'))
  await owner.call(sendMessage, {
    params: { id: conversation },
    body: {
      parts: [{ kind: 'file', source: { file: file as FileId }, type: 'text/csv', name: 'offer.csv', bytes: 9 }],
    },
  })
  const downloading = page.waitForEvent('download')
  await box(page).getByRole('button', { name: 'Download offer.csv' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('offer.csv')
  expect(await readFile(await download.path(), 'utf8')).toBe('repair,49')
})

test('buttons, quick answers, edits, deletions and reactions work from the keyboard too', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await say(page, 'I want shoos')
  const conversation = await conversationWith('I want shoos')
  const actions = box(page).getByRole('button', { name: 'What to do with this message' })
  await actions.first().focus()
  await page.keyboard.press('Enter')
  await box(page).getByRole('button', { name: 'Edit' }).focus()
  await page.keyboard.press('Enter')
  await field(page).fill('I want shoes')
  await page.keyboard.press('Enter')
  await until(async () => (await wordsIn(conversation)).includes('I want shoes'))
  await owner.call(sendMessage, {
    params: { id: conversation },
    body: {
      text: 'Which?',
      choices: {
        as: 'buttons',
        rows: [
          [
            { id: 'b', label: 'Brown' },
            { id: 'k', label: 'Black' },
          ],
        ],
      },
    },
  })
  await box(page).getByRole('button', { name: 'Brown' }).press('Enter')
  await conversationWith('Brown')
  await see(box(page).getByRole('button', { name: 'Brown' })).toHaveAttribute('aria-pressed', 'true')
  await owner.call(sendMessage, {
    params: { id: conversation },
    body: {
      text: 'When?',
      choices: {
        as: 'keyboard',
        rows: [
          [
            { id: 't', label: 'Today' },
            { id: 'l', label: 'Later on' },
          ],
        ],
      },
    },
  })
  await box(page).getByRole('button', { name: 'Later on' }).click()
  await conversationWith('Later on')
  await see(box(page).getByRole('button', { name: 'Later on' })).toBeHidden()
  await actions.first().click()
  await box(page).getByRole('button', { name: 'Delete' }).click()
  await see(box(page)).toContainText('Message deleted')
  await until(async () => {
    const { items } = await owner.call(listMessages, { params: { id: conversation }, query: {} })
    return items.some(({ deletedAt }) => deletedAt !== null)
  })
  expect(troubles).toEqual([])
})

test('where WebSockets are blocked the same talk goes by plain requests', async () => {
  const context = await aContext()
  await context.routeWebSocket(/\/hooks\//, (socket) => socket.close())
  const page = await aPage(context)
  await open(page)
  await say(page, 'no sockets here')
  const conversation = await conversationWith('no sockets here')
  await answer(conversation, 'it works all the same')
  await see(bubbles(page, 'it works all the same')).toHaveCount(1)
  await see(bubbles(page, 'no sockets here')).toHaveCount(1)
  expect(troubles).toEqual([])
})

// ---------------------------------------------------------------- who is there

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
function jwtFor(sub: string, more: object = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 300
  const signed = `${encode({ alg: 'HS256' })}.${encode({ aud: channel.id, sub, exp, jti: randomUUID(), name: sub, ...more })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
const call = (page: Page, ...given: string[]) =>
  page.evaluate((each) => (window as unknown as { parley(...call: string[]): void }).parley(...each), given)

test('a signed customer is known in every browser, until he signs out', async () => {
  const page = await aPage(await aContext())
  await open(page)
  await say(page, 'not known yet')
  const conversation = await conversationWith('not known yet')
  await call(page, 'identify', jwtFor('Greta'))
  await say(page, 'known now')
  expect(await conversationWith('known now')).toBe(conversation)
  await see(bubbles(page, 'not known yet')).toHaveCount(1)
  const { items } = await owner.call(listConversations, { query: {} })
  const contact = items.find(({ id }) => id === conversation)!.contact!
  expect(await owner.call(getContact, { params: { id: contact } })).toMatchObject({ name: 'Greta' })

  const laptop = await aPage(await aContext())
  await see(launcher(laptop)).toBeVisible()
  await call(laptop, 'identify', jwtFor('Greta'))
  await call(laptop, 'open')
  await see(bubbles(laptop, 'known now')).toHaveCount(1)
  await call(laptop, 'shutdown')
  await open(laptop)
  await see(bubbles(laptop, 'known now')).toHaveCount(0)
})

test('a token that was used before names nobody', async () => {
  const jwt = jwtFor('Hugo')
  const first = await aPage(await aContext())
  await see(launcher(first)).toBeVisible()
  await call(first, 'identify', jwt)
  await call(first, 'open')
  await say(first, 'I am Hugo')
  await conversationWith('I am Hugo')

  const thief = await aPage(await aContext())
  await see(launcher(thief)).toBeVisible()
  const refused = thief.waitForEvent('console', (message) => message.text().includes('identity was refused'))
  await call(thief, 'identify', jwt)
  await refused
  await call(thief, 'open')
  await say(thief, 'I am nobody')
  await conversationWith('I am nobody')
  await see(bubbles(thief, 'I am Hugo')).toHaveCount(0)
  expect(troubles).toEqual([])
})

test('a page that is not on the list gets nothing: no chat, no socket, no answer it may read', async () => {
  const page = await aPage(await aContext(), hostile.url)
  await see(page.getByRole('heading', { name: 'A shop' })).toBeVisible()
  const outcome = await page.evaluate(async (hook) => {
    const asked = await fetch(`${hook}/config`).then(
      () => 'readable',
      () => 'unreadable',
    )
    const socket = new WebSocket(`${hook.replace('http', 'ws')}/socket`)
    const heard: string[] = []
    socket.addEventListener('open', () => socket.send(JSON.stringify({ t: 'hello' })))
    socket.addEventListener('message', (event) => heard.push(String(event.data)))
    await new Promise((resolve) => socket.addEventListener('close', resolve))
    return { asked, heard }
  }, `${parley.url}/hooks/${channel.id}`)
  expect(outcome).toEqual({ asked: 'unreadable', heard: ['{"t":"refused","status":403}'] })
  await see(launcher(page)).toHaveCount(0)
})

test('a visitor’s secret opens no file of another, and never stands in an address', async () => {
  const [ann, bob] = [await aPage(await aContext()), await aPage(await aContext())]
  const addresses: string[] = []
  for (const page of [ann, bob]) {
    page.on('request', (request) => addresses.push(request.url()))
    page.on('websocket', (socket) => addresses.push(socket.url()))
    await page.reload()
    await open(page)
  }
  await box(ann)
    .locator('input[type=file]')
    .setInputFiles({ name: 'private.png', mimeType: 'image/png', buffer: await aPng(20, 20) })
  await see(box(ann).getByRole('progressbar')).toHaveCount(0)
  await say(ann, 'for your eyes only')
  await see(box(ann).getByRole('button', { name: 'Enlarge: private.png' })).toHaveClass(/there/)
  const file = addresses.flatMap((address) => /\/files\/([0-9a-f-]{36})$/.exec(address)?.[1] ?? [])[0]!
  const answers = await bob.evaluate(
    async ([hook, channelId, ...files]) => {
      const token = localStorage.getItem(`parley:${channelId}:token`)
      return Promise.all(
        files.map(async (each) => {
          const response = await fetch(`${hook}/files/${each}`, { headers: { authorization: `Bearer ${token}` } })
          return `${response.status} ${await response.text()}`
        }),
      )
    },
    [`${parley.url}/hooks/${channel.id}`, channel.id as string, file, randomUUID() as string],
  )
  expect(answers[0]).toMatch(/^404 /)
  expect(answers[0]).toBe(answers[1])
  const secret = await ann.evaluate((id) => localStorage.getItem(`parley:${id}:token`), channel.id as string)
  expect(secret).toMatch(/^[\w-]+\.[\w-]{43}$/)
  expect(addresses.filter((address) => address.includes(secret!) || address.includes('token'))).toEqual([])
})

test('the open chat has no fault that a machine can find for people with screen readers, light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await aPage(await aContext({ colorScheme }))
    await open(page)
    await say(page, `readable in the ${colorScheme}`)
    const conversation = await conversationWith(`readable in the ${colorScheme}`)
    await answer(conversation, 'Yes, see https://shop.example')
    await see(bubbles(page, 'Yes, see')).toHaveCount(1)
    const { violations } = await new AxeBuilder({ page }).include('#parley-chat').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }
})

test('on a phone it fills the screen', async () => {
  const page = await aPage(await aContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }))
  await launcher(page).tap()
  // Once it has risen.
  await expect.poll(() => box(page).boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 })
  await box(page).getByRole('button', { name: 'Close the chat' }).tap()
  await see(box(page)).toBeHidden()
})
