/** Whoever lost the phone or the password comes back in: by a recovery code, or by the link a colleague made. */
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { expect as see, type Page } from '@playwright/test'
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { aBrowser } from '#tests/support/browser.ts'
import { openWindow } from '#tests/support/window.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley()
const browser = await aBrowser()

const faultsOf = async (page: Page) =>
  (await new AxeBuilder({ page }).analyze()).violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  )

test('codes are shown with the second factor, saved as a file, and let in once each without the phone', async () => {
  const agent = await parley.member('agent')
  const { page, complaints, context } = await openWindow(browser, parley, {
    email: agent.email,
    path: '/settings/account',
  })
  page.setDefaultTimeout(30_000)
  await page.getByText('Keep them where the phone is not').waitFor()
  await page.getByRole('button', { name: 'Turn it on' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Turn it on' }).click()
  const secret = await page.getByText(/^[A-Z2-7]{32}$/).textContent()
  await page.getByLabel('Code from the app').fill(new TOTP({ secret: secret! }).generate())
  await page.getByRole('button', { name: 'Check and turn on' }).click()

  const shown = (await page.locator('pre').innerText()).split('\n')
  expect(shown).toHaveLength(10)
  expect(await faultsOf(page)).toEqual([])
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save as a file' }).click(),
  ])
  const saved = await readFile(await file.path(), 'utf8')
  expect(saved).toContain(shown.join('\n'))
  expect(saved).toContain(agent.email)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 recovery codes still work').waitFor()
  expect(await page.locator('pre').count()).toBe(0)

  await context.clearCookies()
  await page.goto(`${parley.url}/sign-in?next=/settings/account`)
  await page.getByLabel('E-mail').fill(agent.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'I do not have the phone' }).click()
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(shown[0]!)
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('9 recovery codes still work').waitFor()

  await page.getByRole('button', { name: 'Make new recovery codes' }).click()
  await page.getByRole('textbox', { name: 'Present password' }).last().fill(OWNER.password)
  await page.getByRole('button', { name: 'Make new recovery codes' }).click()
  const anew = (await page.locator('pre').innerText()).split('\n')
  expect(anew.filter((code) => shown.includes(code))).toEqual([])
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 recovery codes still work').waitFor()
  // Signing in without a code is answered with 401: the browser notes it, the page does not.
  expect(complaints.filter((words) => !words.includes('401'))).toEqual([])
}, 180_000)

test.each([
  [
    'en',
    'Present password',
    'This is not your present password',
    'Change the password',
    /new recovery codes/,
    'Turn it off',
  ],
  ['ru', 'Нынешний пароль', 'Это не ваш нынешний пароль', 'Сменить пароль', /новые запасные коды/, 'Выключить'],
] as const)('a wrong present password is said at its field (%s)', async (language, label, wrong, change, anew, off) => {
  const agent = await parley.member('agent')
  const { page, context } = await openWindow(browser, parley, {
    email: agent.email,
    path: '/settings/account',
    language,
  })
  page.setDefaultTimeout(30_000)
  await parley.test.asOwner(`update account set totp_secret = 'set' where email = '${agent.email}'`)
  await page.reload()
  const fields = page.getByRole('textbox', { name: label })
  await fields.fill('a password of yesterday')
  await page.getByLabel(/^(New password|Новый пароль)/).fill('a password of tomorrow')
  await page.getByRole('button', { name: change }).click()
  await see(fields).toHaveAccessibleDescription(wrong)
  await see(fields).toBeFocused()
  await page.keyboard.press('1')
  await see(fields).not.toHaveAttribute('aria-invalid', 'true')
  for (const act of [anew, off]) {
    const asking = page.locator('form').filter({ has: page.getByRole('button', { name: act }) })
    await page.getByRole('button', { name: act }).click()
    await asking.getByLabel(label).fill('a password of yesterday')
    await page.keyboard.press('Enter')
    const field = asking.getByRole('textbox', { name: label })
    await see(field).toHaveAccessibleDescription(wrong)
    await see(field).toBeFocused()
    await page.keyboard.press('1')
    await see(field).not.toHaveAttribute('aria-invalid', 'true')
  }
  expect(await page.getByText(/e-mail and the password|почту и пароль/).count()).toBe(0)
  await context.close()
})

test('an owner hands over a link, and by it a colleague sets a new password', async () => {
  const agent = await parley.member('agent')
  const { page, complaints } = await openWindow(browser, parley, { path: '/settings/members' })
  page.setDefaultTimeout(30_000)
  const row = page.getByRole('row', { name: agent.email })
  await row.getByRole('button', { name: 'Help to sign in again' }).click()
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = await page.getByText(/\/reset#[\w-]{43}$/).innerText()
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('button', { name: 'I have it' }).click()
  expect(complaints).toEqual([])

  const his = await (await browser.newContext({ locale: 'en', reducedMotion: 'reduce' })).newPage()
  his.setDefaultTimeout(30_000)
  await his.goto(link)
  await his.getByRole('textbox', { name: 'New password' }).fill('short')
  await his.getByRole('button', { name: 'Set it and sign in' }).click()
  await his.getByText('Shorter than ten characters').waitFor()
  expect(await faultsOf(his)).toEqual([])
  await his.getByRole('textbox', { name: 'New password' }).fill('a password after the loss')
  await his.getByRole('button', { name: 'Set it and sign in' }).click()
  await his.getByText('No messenger is connected yet').waitFor()

  await his.goto('about:blank')
  await his.goto(link)
  await his.getByRole('textbox', { name: 'New password' }).fill('a password after the loss')
  await his.getByRole('button', { name: 'Set it and sign in' }).click()
  await his.getByText('This link does not work any more').waitFor()
}, 180_000)
