/** Without a mouse: from the sign-in to an answer on the phone. And what one member takes moves in the other's window. */
import { expect, test } from 'vitest'
import { changeConversation, listConversations } from '#contract/calls/conversations.ts'
import { changeMe } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { OWNER } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
const ann = telegram.phone('Ann Petrova')
await ann.say(plain('Is the blue kettle still there?'))
const id = await until(
  async () => (await owner.call(listConversations, { query: { view: 'all' } })).items[0]?.id,
  30_000,
)

test('keys alone lead from the sign-in to an answer that arrived', async () => {
  const page = await (await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage()
  page.setDefaultTimeout(30_000)
  await page.goto(`${parley.url}/inbox?view=all`)
  const focused = (name: string | RegExp) => page.getByRole('textbox', { name }).and(page.locator(':focus')).waitFor()
  await focused(/^E-mail/)
  await page.keyboard.type(OWNER.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(OWNER.password)
  await page.keyboard.press('Enter')

  await page.getByRole('list', { name: 'Conversations' }).getByText('Ann Petrova').waitFor()
  await page.keyboard.press('j')
  await page.getByRole('region', { name: 'Conversation with Ann Petrova' }).getByText('blue kettle').waitFor()
  await page.keyboard.press('r')
  await focused('Reply')
  await page.keyboard.type('Yes, two are left.')
  await page.keyboard.press('Control+Enter')
  await until(
    () => ann.sees().some((seen) => seen.from === 'us' && JSON.stringify(seen.content).includes('two are left')),
    30_000,
  )

  // The command bar does what the keys do, and gives the focus to what it opened.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'What would you like to do?' }).waitFor()
  await page.keyboard.type('snooze')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const menu = page.getByRole('menu').filter({ hasText: 'In an hour' })
  await menu.waitFor()
  const button = (await page.getByRole('button', { name: 'Snooze' }).boundingBox())!
  const opened = (await menu.boundingBox())!
  // Beside its button, and not in the corner of the window.
  expect(opened.y - button.y - button.height).toBeLessThan(20)
  expect(opened.x + opened.width).toBeGreaterThan(button.x)
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'detached' })
  await page.context().close()
})

test('what a colleague takes leaves the unassigned of the other window at once, and comes back when he leaves it', async () => {
  const agent = await parley.member('agent')
  const { page, context } = await openWindow(browser, parley, { path: '/inbox?view=unassigned' })
  page.setDefaultTimeout(30_000)
  const row = page.getByRole('list', { name: 'Conversations' }).getByText('Ann Petrova')
  await row.waitFor()
  await agent.call(changeConversation, { params: { id }, body: { assignee: agent.id } })
  await row.waitFor({ state: 'detached' })
  await agent.call(changeConversation, { params: { id }, body: { assignee: null } })
  await row.waitFor()
  await context.close()
})
