/**
 * One person who writes by letter, in a messenger and on the site, in one window: real Chromium, the whole Parley, Postfix and Dovecot.
 * The letters are nodemailer's; the messenger's emulator is the one that grammY and telegraf work with.
 */
import type { Locator, Page } from '@playwright/test'
import { afterAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { changeMe } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import type { Phone } from '#connector-kit/emulator/emulator.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import startSite from '#connectors/webchat/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { aBuiltWindow } from '#tests/support/built-window.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'
import { mailboxOf, personAt, reachesOf } from './mail-person.ts'
import { startMailServers, whyNot } from './mail-servers.ts'

const PATIENCE_MS = 40_000
const LINK_OF_BOT = /https:\/\/t\.me\/parley_shop_bot\?start=([\w-]+)/

const why = whyNot()
test.skipIf(why !== null)(`Dovecot and Postfix can run here${why === null ? '' : `: ${why}`}`, () => {
  expect(why).toBeNull()
})
await (why ?? oneWindow())

async function oneWindow(): Promise<void> {
  await aBuiltWindow()
  const servers = await startMailServers(['shop', 'mia'])
  afterAll(() => servers.stop())
  const telegram = await startTelegram()
  const site = await startSite()
  afterAll(() => Promise.all([telegram.close(), site.close()]))
  const parley = await wholeParley({ reaches: [telegram.url, ...reachesOf(servers)] })
  const { owner } = parley
  const channels = [
    { connector: 'email-imap', name: 'Letters', settings: mailboxOf(servers, 'shop') },
    { connector: 'telegram', name: 'Bot', settings: { ...telegram.settings, receive: 'webhook' } },
    { connector: 'webchat', name: 'Site', settings: site.settings },
  ]
  for (const body of channels) {
    const { id } = await owner.call(createChannel, { body })
    await until(async () => (await owner.call(getChannel, { params: { id } })).state === 'ready', PATIENCE_MS)
    if (body.connector === 'webchat') site.meets(`${parley.url}/hooks/${id}`)
  }
  await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })

  const browser = await aBrowser()
  const { page, complaints } = await openWindow(browser, parley, { path: '/inbox?view=all' })
  page.setDefaultTimeout(PATIENCE_MS)
  const window = inboxOf(page)
  let loads = 0
  page.on('load', () => loads++)

  const mia = personAt(servers, 'mia')
  const phone = telegram.phone('Mia on the phone')
  const visitor = site.phone('Mia on the site')

  test('a letter and a chat of the same person are two conversations', async () => {
    await mia.write('shop', {
      from: `Mia Berg <${mia.address}>`,
      subject: 'A lamp',
      text: 'Do you have the green lamp?',
    })
    await window.row('Mia Berg').waitFor()
    await phone.say(plain('Hi, it is about the lamp'))
    await window.row('Mia on the phone').waitFor()
    expect(await window.names()).toEqual(['Mia on the phone', 'Mia Berg'])
  })

  test('a proof link is made in the contact pane and leaves with a letter', async () => {
    await window.open('Mia Berg')
    await window.thread().getByText('Do you have the green lamp?').waitFor()
    await window.makeLink('Bot')
    const sent = await window.sendTyped('Let us continue here')
    await window.tick(sent, /^Sent at .*: the network accepted it\. This network does not tell/).waitFor()
    expect((await letterWith('Let us continue here')).text).toMatch(LINK_OF_BOT)
  })

  test('followed on the phone, it joins nothing before the person said yes', async () => {
    const [, token] = LINK_OF_BOT.exec((await letterWith('Let us continue here')).text!)!
    await phone.start(token)
    await until(() => phone.sees().some(({ content }) => content.choices), PATIENCE_MS)
    expect(await window.names()).toHaveLength(2)
    await window.inPane().getByText('Why this is one person').waitFor({ state: 'hidden' })
  })

  test('after the yes they are one contact and one thread, in the open window', async () => {
    await phone.press('Yes')
    await window.inPane().getByText('They opened our one-time link and agreed').waitFor()
    await window.thread().getByText('Hi, it is about the lamp').waitFor()
    await window.thread().getByText('Do you have the green lamp?').waitFor()
    await expect.poll(window.names, { timeout: PATIENCE_MS }).toEqual(['Mia Berg'])
    // The old road hears of it, so that a stranger could not join unseen.
    await letterWith('You now also write to us by Telegram')
  })

  test('an answer goes out by each road, and its tick says what the network tells', async () => {
    await window.takeRoad('Telegram')
    const chat = await window.say('Green is here, on the phone')
    await seenOn(phone, 'Green is here, on the phone')
    await window.tick(chat, /^Sent at .*: the network accepted it\. This network does not tell/).waitFor()

    await window.takeRoad('E-mail')
    const mail = await window.say('Green is here, by letter')
    const letter = await letterWith('Green is here, by letter')
    expect(letter).toMatchObject({ subject: 'Re: A lamp', from: { address: 'shop@provider.test' } })
    expect(letter.references).toContain(mia.written[0])
    await window.tick(mail, /^Sent at .*: the network accepted it\. This network does not tell/).waitFor()
    expect(JSON.stringify(phone.sees())).not.toContain('by letter')
    expect((await mia.letters()).some(({ text }) => text?.includes('on the phone'))).toBe(false)
  })

  test('a visitor of the site joins by a link too, and the ticks rise to read', async () => {
    await visitor.say(plain('Is the lamp on the site the same?'))
    await window.row('Mia on the site').waitFor()
    await window.takeRoad('Telegram')
    await window.makeLink('Site')
    await window.sendTyped('Let us continue here')
    const words = await seenOn(phone, `${site.url}/#parley=`)
    const [, token] = /#parley=([\w-]+)/.exec(words) ?? []
    await visitor.start(token)
    await until(() => visitor.sees().some(({ content }) => content.choices), PATIENCE_MS)
    await visitor.press('Yes')
    await window.thread().getByText('Is the lamp on the site the same?').waitFor()
    await expect.poll(window.names, { timeout: PATIENCE_MS }).toEqual(['Mia Berg'])
    await expect.poll(() => window.inPane().getByText('They opened our one-time link and agreed').count()).toBe(2)

    await window.takeRoad('Site chat')
    const said = await window.say('The very same')
    await seenOn(visitor, 'The very same')
    await window.tick(said, /^Delivered at /).waitFor()
    await visitor.read()
    await window.tick(said, /^Read at /).waitFor()
  })

  test('taken out again, each has the messages that are its own', async () => {
    await window.takeOut('Mia on the phone')
    await window.row('Mia on the phone').waitFor()
    await window.takeOut('Mia on the site')
    await expect
      .poll(async () => (await window.names()).toSorted(), { timeout: PATIENCE_MS })
      .toEqual(['Mia Berg', 'Mia on the phone', 'Mia on the site'])
    const own = {
      'Mia Berg': ['Do you have the green lamp?', '?start=', 'You now also write to us by Telegram', 'by letter'],
      'Mia on the phone': ['Hi, it is about the lamp', 'Green is here, on the phone', '#parley='],
      'Mia on the site': ['Is the lamp on the site the same?', 'The very same'],
    }
    for (const [name, words] of Object.entries(own)) {
      await window.open(name)
      for (const each of words) await window.thread().getByText(each).first().waitFor()
      const others = Object.values(own)
        .flat()
        .filter((each) => !words.includes(each))
      for (const each of others) expect(await window.thread().getByText(each).count()).toBe(0)
    }
  })

  test('all that happened in one page, which was never loaded again and complained of nothing', () => {
    expect(loads).toBe(0)
    expect(complaints).toEqual([])
  })

  const letterWith = (words: string) =>
    until(async () => (await mia.letters()).find(({ text }) => text?.includes(words)), PATIENCE_MS)
}

/** @returns what was said with these words in it */
const seenOn = (phone: Phone, words: string): Promise<string> =>
  until(
    () =>
      phone
        .sees()
        .filter(({ from }) => from === 'us')
        .map(({ content }) => JSON.stringify(content))
        .find((each) => each.includes(words)),
    PATIENCE_MS,
  )

/** What a member does in the inbox, by the names things have there. */
function inboxOf(page: Page) {
  const list = () => page.getByRole('list', { name: 'Conversations' })
  const thread = () => page.getByRole('region', { name: /^Conversation with/ })
  const inPane = () => page.getByRole('complementary', { name: 'Contact' })
  const composer = () => page.getByRole('textbox', { name: 'Reply', exact: true })
  const row = (name: string) => list().getByRole('button', { name })
  const sendTyped = async (words: string): Promise<Locator> => {
    await composer().press('Control+Enter')
    const bubble = thread()
      .getByRole('article', { name: /^Ours: Olga/ })
      .filter({ hasText: words })
      .last()
    await bubble.waitFor()
    return bubble
  }
  return {
    thread,
    inPane,
    row,
    sendTyped,
    names: () => list().locator('button [dir=auto]').allInnerTexts(),
    open: async (name: string) => {
      await row(name).click()
      // Rows do not move under the pointer.
      await page.mouse.move(900, 5)
      await page.getByRole('region', { name: `Conversation with ${name}` }).waitFor()
    },
    say: async (words: string) => {
      await composer().fill(words)
      return sendTyped(words)
    },
    tick: (bubble: Locator, words: RegExp) => bubble.getByRole('img', { name: words }),
    makeLink: async (channel: string) => {
      await inPane().getByRole('button', { name: 'Link to another network…' }).click()
      const dialog = page.getByRole('dialog', { name: /^Continue elsewhere/ })
      await dialog.getByRole('button', { name: `Link into ${channel}` }).click()
      await dialog.getByRole('button', { name: 'Put it into the reply' }).click()
      await dialog.waitFor({ state: 'detached' })
    },
    takeRoad: async (network: string) => {
      await page.getByRole('button', { name: /Change the road$/ }).click()
      await page.getByRole('menuitem', { name: network }).click()
      await page.getByRole('button', { name: new RegExp(`via ${network}.*Change the road`) }).waitFor()
    },
    takeOut: async (name: string) => {
      await inPane()
        .getByRole('listitem')
        .filter({ hasText: name })
        .getByRole('button', { name: /^More for / })
        .click()
      await page.getByRole('menuitem', { name: 'Not this person: take it out…' }).click()
      const dialog = page.getByRole('dialog', { name: /^Take .* out\?$/ })
      await dialog.getByRole('button', { name: 'Take it out' }).click()
      await dialog.waitFor({ state: 'detached' })
    },
  }
}
