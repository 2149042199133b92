/** Who runs a Parley that the world can reach is led to the second factor, and everything opens once it is on. */
import { expect as see } from '@playwright/test'
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { aBrowser } from '#tests/support/browser.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const parley = await wholeParley({ env: { PARLEY_URL: 'http://parley.example' } })
const browser = await aBrowser()

test('an owner without a second factor lands on his account, turns it on, and comes into the inbox', async () => {
  const { page, complaints } = await openWindow(browser, parley, { path: '/inbox' })
  page.setDefaultTimeout(30_000)
  await page.getByText('owners and admins sign in with a second factor').waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/account')
  expect(await page.getByRole('link', { name: 'Inbox' }).count()).toBe(0)

  await page.getByRole('button', { name: 'Turn it on' }).click()
  const secret = await page.getByText(/^[A-Z2-7]{32}$/).textContent()
  await page.getByRole('textbox', { name: /code/i }).fill(new TOTP({ secret: secret! }).generate())
  await page.keyboard.press('Enter')
  await page.getByText('owners and admins sign in with a second factor').waitFor({ state: 'detached' })
  const codes = page.getByRole('heading', { name: 'Recovery codes' })
  await see(codes).toBeFocused()
  await see(codes).toHaveAccessibleDescription(/shown only now/)
  await see(page.locator('pre')).toHaveCSS('font-family', /monospace/)
  await page.getByRole('link', { name: 'Inbox' }).first().click()
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  expect(complaints).toEqual([])
})

test('the same words are there in Russian', async () => {
  await parley.test.asOwner('update account set totp_secret = null')
  const { page } = await openWindow(browser, parley, { path: '/channels', language: 'ru' })
  await page.getByText('входят со вторым фактором').waitFor({ timeout: 30_000 })
  expect(new URL(page.url()).pathname).toBe('/settings/account')
})
