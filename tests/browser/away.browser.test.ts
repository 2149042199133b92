/** When the server cannot answer, the window says so, and goes on by itself once it can. */
import { beforeEach, expect, test } from 'vitest'
import { expect as see, type BrowserContext, type Page } from '@playwright/test'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
await telegram.phone('Ann').say(plain('Hello?'))
await until(async () => (await owner.call(listConversations, { query: { q: 'Ann' } })).items[0], 30_000)
let page: Page
let context: BrowserContext

beforeEach(async () => {
  ;({ page, context } = await openWindow(browser, parley, { path: '/inbox?view=all' }))
  page.setDefaultTimeout(30_000)
  await row().waitFor()
  return () => context.close()
})

const row = () => page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Ann' })
const line = () => page.getByText('The server cannot reach its database or its disk. What you see may be old')
const words = () => page.getByRole('region', { name: /^Conversation with/ }).getByText('Hello?')

/** As the server answers while its database is away. */
const API = '**/api/**'
const takeAway = () =>
  page.route(API, (route) =>
    route.fulfill({ status: 503, json: { code: 'unavailable', title: 'Not now', status: 503 } }),
  )

test('a database that is away is told in the open window, and what was asked for meanwhile comes by itself', async () => {
  await takeAway()
  await row().click()
  await line().waitFor({ timeout: 5_000 })
  // Longer than any repeat of the call itself.
  await page.waitForTimeout(12_000)
  await page.unroute(API)
  await words().waitFor({ timeout: 15_000 })
  await line().waitFor({ state: 'detached' })
})

test('an open window that asks nothing hears of it too', async () => {
  await takeAway()
  await line().waitFor({ timeout: 25_000 })
})

test('a first page says what it waits for, and opens by itself', async () => {
  await takeAway()
  await page.reload()
  const waiting = page.getByRole('status').getByText('or its disk. The page opens by itself.')
  await waiting.waitFor({ timeout: 5_000 })
  await page.waitForTimeout(4_000)
  expect(await waiting.isVisible()).toBe(true)
  await page.unroute(API)
  await row().waitFor({ timeout: 15_000 })
})

test('a first page that nothing answers says so', async () => {
  await page.route(API, () => {})
  await page.reload()
  await page.getByText('Parley opens…').waitFor({ timeout: 5_000 })
  await page.getByText('Parley does not answer yet.').waitFor({ timeout: 10_000 })
})

test('a network that is gone is told at once, and no longer when it is back', async () => {
  const offline = page.getByText('No connection to Parley.')
  await context.setOffline(true)
  await offline.waitFor({ timeout: 2_000 })
  await context.setOffline(false)
  await offline.waitFor({ state: 'detached', timeout: 5_000 })
  await row().click()
  await words().waitFor()
})

/** One answer that a page cannot be drawn without; who sits here is known. */
const CONNECTORS = '**/api/connectors'
const openWithoutConnectors = async () => {
  await page.route(CONNECTORS, (route) =>
    route.fulfill({ status: 503, json: { code: 'unavailable', title: 'Not now', status: 503 } }),
  )
  await page.reload()
  await again().waitFor()
}
const again = () => page.getByRole('button', { name: 'Try again' })

test('a page that could not be drawn stays while it is tried again, and comes by itself', async () => {
  await openWithoutConnectors()
  await again().focus()
  // Longer than it waits between two tries.
  await page.waitForTimeout(6_000)
  expect(await again().evaluate((button) => button === document.activeElement)).toBe(true)
  await page.unroute(CONNECTORS)
  await row().waitFor({ timeout: 8_000 })
})

test('a page that could not be drawn comes by its button, however long it stood there', async () => {
  await page.clock.install()
  await page.route(CONNECTORS, (route) =>
    route.fulfill({ status: 500, json: { code: 'broken', title: 'A mistake', status: 500 } }),
  )
  await page.reload()
  await again().waitFor()
  // Longer than the window remembers an answer that nobody looks at.
  await page.clock.fastForward('45:00')
  await page.unroute(CONNECTORS)
  await again().click()
  await row().waitFor({ timeout: 5_000 })
})

test('while it is tried by its button, that is shown on it, and the keyboard stays there', async () => {
  await openWithoutConnectors()
  await page.unroute(CONNECTORS)
  const held = Promise.withResolvers<void>()
  await page.route(CONNECTORS, async (route) => {
    await held.promise
    await route.fallback()
  })
  await again().focus()
  await page.keyboard.press('Enter')
  await see(again()).toHaveAttribute('aria-busy', 'true')
  await see(again()).toBeFocused()
  held.resolve()
  await row().waitFor({ timeout: 5_000 })
})

test('a page that could not be drawn comes at once by its button', async () => {
  await openWithoutConnectors()
  await page.unroute(CONNECTORS)
  await again().click()
  await row().waitFor({ timeout: 3_000 })
})
