/** The secret by which a site signs its customers is made in the window: shown until it is saved, and never again. */
import { expect, test } from 'vitest'
import { getChannel, listChannels } from '#contract/calls/channels.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const parley = await wholeParley()
const browser = await aBrowser()

test('made, shown, kept sealed; each press makes another', async () => {
  const { page, complaints } = await openWindow(browser, parley, { path: '/channels/add?connector=webchat' })
  page.setDefaultTimeout(30_000)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Site')
  await page
    .getByLabel(/^Sites/)
    .first()
    .fill('https://shop.example')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'More settings' }).click()
  const made = page.getByText(/^[\w-]{43}$/)
  await page.getByRole('button', { name: 'Make one' }).click()
  const first = await made.textContent()
  await page.getByRole('button', { name: 'Make one' }).click()
  const second = await made.textContent()
  expect(second).not.toBe(first)

  await page.getByRole('button', { name: 'Check and connect' }).click()
  const channel = await until(async () => (await parley.owner.call(listChannels, { query: {} })).items[0], 20_000)
  const kept = await parley.owner.call(getChannel, { params: { id: channel.id } })
  expect(kept.secretsSet).toContain('identitySecret')
  expect(JSON.stringify(kept)).not.toContain(second)
  await made.waitFor({ state: 'detached' })
  expect(complaints).toEqual([])
}, 120_000)
