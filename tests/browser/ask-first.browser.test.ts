/** What is asked first is done once, however often it is pressed. */
import { expect, test } from 'vitest'
import { createToken, listTokens } from '#contract/calls/members.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const parley = await wholeParley()
const browser = await aBrowser()

test('who presses twice removes once, and is told of no failure', async () => {
  await parley.owner.call(createToken, { body: { name: 'Till' } })
  const { page, complaints } = await openWindow(browser, parley, { path: '/settings/tokens' })
  page.setDefaultTimeout(15_000)
  let asked = 0
  await page.route('**/api/tokens/*', (route) => {
    asked += 1
    return route.fallback()
  })
  await page.getByRole('button', { name: 'Remove' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove Till?' })
  await dialog.getByRole('button', { name: 'Remove' }).evaluate((button) => {
    const press = () => button.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    press()
    press()
  })
  await dialog.waitFor({ state: 'detached' })
  expect([asked, complaints]).toEqual([1, []])
  const { items } = await parley.owner.call(listTokens, { query: {} })
  expect(items).toEqual([])
})
