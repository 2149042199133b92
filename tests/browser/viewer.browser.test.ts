/** Who may only read is offered nothing that would be refused. */
import { expect as see } from '@playwright/test'
import { expect, test } from 'vitest'
import { changeContact } from '#contract/calls/contacts.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
await telegram.phone('Ann').say(plain('Hello?'))
const talk = await until(async () => (await owner.call(listConversations, { query: { q: 'Ann' } })).items[0], 30_000)
await owner.call(changeContact, { params: { id: talk.contact! }, body: { tags: ['regular'] } })

test('a viewer is told that he may only read, before he has written anything, and nothing of him is refused', async () => {
  const { email } = await parley.member('viewer')
  const { page, complaints } = await openWindow(browser, parley, { email, path: '/inbox?view=all' })
  page.setDefaultTimeout(30_000)
  const drafts: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/draft')) drafts.push(request.url())
  })
  await page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Ann' }).click()
  await page.getByText('Your role reads only: nothing can be written here.').waitFor()
  await page.getByRole('complementary', { name: 'Contact' }).getByText('regular').waitFor()
  const pane = page.getByRole('complementary', { name: 'Contact' })
  expect(await pane.getByRole('textbox').count()).toBe(1)
  await see(pane.getByRole('textbox')).not.toBeEditable()
  await page.keyboard.press('r')
  await page.keyboard.press('e')
  await page.keyboard.press('x')
  await page.waitForTimeout(500)
  for (const name of ['Reply', 'Note for colleagues'])
    await see(page.getByRole('textbox', { name, exact: true })).toHaveCount(0)
  await see(page.getByRole('button', { name: 'Send' })).toHaveCount(0)
  await see(page.getByRole('checkbox')).toHaveCount(0)
  expect([drafts, complaints]).toEqual([[], []])
})
