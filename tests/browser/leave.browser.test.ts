/** The account page: what only the rail's menu had is there too, for where there is no rail. */
import { expect as see } from '@playwright/test'
import { expect, test } from 'vitest'
import { aBrowser } from '#tests/support/browser.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const parley = await wholeParley()
const browser = await aBrowser()

test('on a phone a member signs out from his account', async () => {
  const { page, context } = await openWindow(browser, parley, { width: 390, height: 800, path: '/settings/account' })
  page.setDefaultTimeout(30_000)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
  await page.goto(`${parley.url}/inbox`)
  await page.waitForURL('**/sign-in*')
  expect((await context.request.get(`${parley.url}/api/me`)).status()).toBe(401)
})

test('a window that slept while another member signed in begins anew as his', async () => {
  const { page, context } = await openWindow(browser, parley, { path: '/settings/account' })
  await page.getByRole('button', { name: 'You: Olga' }).waitFor()
  const { email } = await parley.member('admin')
  await page.evaluate(() => sessionStorage.setItem('parley.tab.somebody.heads', '{}'))
  let loads = 0
  page.on('load', () => loads++)
  await context.request.post(`${parley.url}/api/session`, {
    data: { email, password: OWNER.password },
    headers: { origin: parley.url },
  })
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  // Sooner than it asks by itself.
  await page.getByRole('button', { name: 'You: admin' }).waitFor({ timeout: 8_000 })
  expect(loads).toBe(1)
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('parley.tab.')))).toEqual(
    [],
  )
})

test('a name that was emptied says at its field why it cannot be saved', async () => {
  const { page } = await openWindow(browser, parley, { path: '/settings/account' })
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await name.fill(' ')
  await see(name).toHaveAttribute('aria-invalid', 'true')
  await see(name).toHaveAccessibleDescription(/Without a name it cannot be saved/)
  await name.fill('Olga the second')
  await see(name).not.toHaveAttribute('aria-invalid', 'true')
})

test('a wrong code is told at its field, and hints at the clock of the phone', async () => {
  const { page } = await openWindow(browser, parley, { path: '/settings/account' })
  page.setDefaultTimeout(30_000)
  await page.getByRole('button', { name: 'Turn it on' }).click()
  const code = page.getByRole('textbox', { name: 'Code from the app' })
  await code.fill('000000')
  await code.press('Enter')
  await page.getByText('This is not the code of now.').waitFor()
  expect(await code.getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByText('Check the e-mail and the password').count()).toBe(0)
  await code.fill('1')
  expect(await page.getByText('This is not the code of now.').count()).toBe(0)
})
