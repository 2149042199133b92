/** After a restore: what is said of a message that waits, and that looking decides nothing. */
import { expect as see, type Page } from '@playwright/test'
import { beforeEach, expect, test } from 'vitest'
import { decideHold, getHold, listConversations, sendMessage } from '#contract/calls/conversations.ts'
import { changeMe } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import { holdEverything } from '#server/delivery/hold.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
const ann = telegram.phone('Ann')
await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
await ann.say(plain('Hello?'))
const toAnn = await until(
  async () => (await owner.call(listConversations, { query: { q: 'Ann' } })).items[0]?.id,
  30_000,
)
let page: Page

beforeEach(async () => {
  await owner.call(decideHold, { body: { decision: 'drop' } })
  await holdEverything(parley.test.database)
  await parley.restart()
  return () => page.context().close()
})

const openTalk = async () => {
  page = (await openWindow(browser, parley, { path: `/inbox/${toAnn}?view=all` })).page
  page.setDefaultTimeout(15_000)
  await reply().waitFor()
}
const reply = () => page.getByRole('textbox', { name: 'Reply', exact: true })
const say = (text: string) => owner.call(sendMessage, { params: { id: toAnn }, body: { text } })
const button = (name: string) => page.getByRole('button', { name, exact: true })
const tickOf = (words: string) =>
  page
    .getByRole('article')
    .filter({ hasText: words })
    .getByRole('img', { name: /Held since the restore/ })
const seen = () => JSON.stringify(ann.sees())

test('with nothing in the queue it is said that what is written waits, and what was written says so too', async () => {
  await openTalk()
  await page.getByText('Sending is held: what is written waits, until it is let go on.').waitFor()
  await page.getByText('What you write waits until that is decided.').waitFor()
  expect(await button('Send none').count()).toBe(0)
  expect(await button('Look at each').count()).toBe(0)

  await reply().fill('At nine')
  await page.keyboard.press('Enter')
  await tickOf('At nine').waitFor()
  await page.getByText('1 message waits and will not leave by itself.').waitFor()
  await button('Send all').click()
  await tickOf('At nine').waitFor({ state: 'detached' })
  await until(() => seen().includes('At nine'))
})

test('whoever has nothing waiting lets sending go on', async () => {
  await openTalk()
  await button('Let sending go on').click()
  await page.getByText('Parley was restored from a backup.').waitFor({ state: 'detached' })
  await say('Straight away')
  await until(() => seen().includes('Straight away'))
})

test('to look at each decides nothing; after the first word the others can still be sent or dropped at once', async () => {
  for (const text of ['one of three', 'two of three', 'three of three']) await say(text)
  await openTalk()
  await button('Look at each').click()
  const list = page.getByRole('dialog', { name: 'Look at each' })
  await list.getByText('one of three').waitFor()
  expect(await owner.call(getHold)).toMatchObject({ hold: true, queued: 3 })

  await list.getByRole('button', { name: 'Send', exact: true }).first().click()
  await until(() => seen().includes('one of three'))
  await list.getByText('one of three').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.getByText('2 messages wait and will not leave by themselves.').waitFor()
  await see(tickOf('two of three')).toHaveCount(1)
  await button('Send none').click()
  await page.getByText('Parley was restored from a backup.').waitFor({ state: 'detached' })
  expect(seen()).not.toContain('two of three')
})
