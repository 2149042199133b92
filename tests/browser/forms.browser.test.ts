/** What the server refuses of a form is marked where it was typed, in the member's language. */
import { expect as see, type Locator } from '@playwright/test'
import { expect, test } from 'vitest'
import { aBrowser } from '#tests/support/browser.ts'
import { aBuiltWindow } from '#tests/support/built-window.ts'
import { openWindow } from '#tests/support/window.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

await aBuiltWindow()
const parley = await wholeParley()
const browser = await aBrowser()

/** Which the forms let pass. */
const UNSEEN = '\u200B\u2060'
const NOT_ACCEPTED = 'Так не подойдёт'

async function isMarked(field: Locator, words: string): Promise<void> {
  await see(field).toHaveAttribute('aria-invalid', 'true')
  await see(field).toHaveAccessibleDescription(new RegExp(words))
}

test('a member whose e-mail has an account already, or whose name cannot be seen', async () => {
  const { page } = await openWindow(browser, parley, { language: 'ru', path: '/settings/members' })
  await page.getByRole('button', { name: 'Добавить сотрудника' }).click()
  const form = page.getByRole('dialog')
  const add = form.getByRole('button', { name: 'Добавить сотрудника' })
  await form.getByLabel('Имя').fill('Пётр')
  await form.getByLabel('Почта').fill(OWNER.email)
  await form.getByRole('textbox', { name: 'Первый пароль' }).fill(OWNER.password)
  await add.click()
  await isMarked(form.getByLabel('Почта'), 'С этой почтой уже есть учётная запись')
  await form.getByLabel('Почта').fill('petr@shop.example')
  await form.getByLabel('Имя').fill(UNSEEN)
  await add.click()
  await isMarked(form.getByLabel('Имя'), NOT_ACCEPTED)
  await form.getByLabel('Имя').fill('x'.repeat(500))
  await see(form.getByLabel('Имя')).toHaveValue('x'.repeat(120))
})

test('a token with a name that cannot be seen, until another is typed', async () => {
  const { page } = await openWindow(browser, parley, { language: 'ru', path: '/settings/tokens' })
  await page.getByRole('button', { name: 'Добавить токен' }).click()
  const name = page.getByRole('dialog').getByLabel('Название')
  await name.fill(UNSEEN)
  await page.getByRole('button', { name: 'Создать токен' }).click()
  await isMarked(name, NOT_ACCEPTED)
  await name.fill('Касса')
  await see(name).not.toHaveAttribute('aria-invalid', 'true')
})

test('a channel with a name that cannot be seen, and a server at an address that is none', async () => {
  const path = '/channels/add?connector=telegram'
  const { page } = await openWindow(browser, parley, { language: 'ru', path })
  const name = page.getByRole('textbox', { name: 'Название' })
  await name.fill(UNSEEN)
  await page.getByRole('textbox', { name: 'Токен бота' }).fill('1:AAnotThisOne')
  const connect = page.getByRole('button', { name: 'Проверить и подключить' })
  await connect.click()
  await isMarked(name, NOT_ACCEPTED)
  await name.fill('Лавка')
  await page.getByRole('button', { name: 'Ещё настройки' }).click()
  const server = page.getByLabel('Другой сервер')
  await server.fill('file:///etc/passwd')
  await connect.click()
  await isMarked(server, 'https://')
  expect(await page.getByText('Invalid URL').count()).toBe(0)
})

test('the first owner’s workspace with a name that cannot be seen', async () => {
  const page = await (await browser.newContext({ locale: 'ru' })).newPage()
  // This Parley has its owner: only what its answer does to the form is looked at.
  const fields = [{ path: 'body.workspace', reason: 'nothing of it can be seen' }]
  await page.route('**/api/setup', (route) =>
    route.request().method() === 'GET'
      ? route.fulfill({ json: { open: true } })
      : route.fulfill({
          status: 422,
          json: { code: 'invalid', title: 'The request was refused', status: 422, fields },
        }),
  )
  await page.goto(`${parley.url}/setup#secret`)
  const workspace = page.getByLabel('Название')
  await workspace.fill(UNSEEN)
  await page.getByLabel('Ваше имя').fill('Ольга')
  await page.getByLabel('почта').fill(OWNER.email)
  await page.getByRole('textbox', { name: 'Пароль' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Начать' }).click()
  await isMarked(workspace, NOT_ACCEPTED)
})

test.each([
  ['telegram', 0],
  ['email-imap', 1],
])('where no encryption came about, %s is advised on what its form can change', async (connector, speaksOfMail) => {
  const { page } = await openWindow(browser, parley, { path: `/channels/add?connector=${connector}` })
  await page.route('**/api/channels', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 422,
          json: { code: 'unreachable', title: '', status: 422, values: { code: 'no_tls' } },
        })
      : route.continue(),
  )
  const fields: Record<string, [name: string | RegExp, value: string][]> = {
    telegram: [['Bot token', '1:AAnotThisOne']],
    'email-imap': [
      ['Address', 'shop@example.com'],
      ['User name', 'shop'],
      ['Password', 'secret'],
    ],
  }
  for (const [name, value] of fields[connector]!) await page.getByRole('textbox', { name }).fill(value)
  for (const server of await page.getByRole('textbox', { name: 'Server', exact: true }).all())
    await server.fill('mail.example.com')
  await page.getByRole('button', { name: 'Check and connect' }).click()
  const note = page.getByRole('alert').filter({ hasText: 'No encrypted connection came about' })
  await note.waitFor()
  expect(await note.getByText('STARTTLS').count()).toBe(speaksOfMail)
  expect(await page.getByText('steps above').count()).toBe(0)
})

test('a form that is filled in wrongly leads to its first fault, even to one that is folded away', async () => {
  const { page } = await openWindow(browser, parley, { path: '/channels/add?connector=email-imap', height: 500 })
  const connect = page.getByRole('button', { name: 'Check and connect' })
  const address = page.getByRole('textbox', { name: 'Address', exact: true })
  await connect.click()
  await see(address).toBeFocused()
  await see(address).toBeInViewport({ ratio: 1 })
  await address.fill('shop@example.com')
  await connect.click()
  await see(page.getByRole('textbox', { name: 'User name' })).toBeFocused()

  await page.getByRole('textbox', { name: 'User name' }).fill('shop')
  await page.getByRole('textbox', { name: 'Password' }).fill('secret')
  for (const server of await page.getByRole('textbox', { name: 'Server', exact: true }).all())
    await server.fill('mail.example.com')
  const more = page.getByRole('button', { name: 'More settings' })
  await more.click()
  await page.getByLabel('Proxy').fill('nowhere')
  await more.click()
  await connect.click()
  const proxy = page.getByRole('textbox', { name: 'Proxy' })
  await see(proxy).toBeFocused()
  await page.keyboard.press('End')
  await page.keyboard.type('/at all')
  await see(proxy).toHaveValue('nowhere/at all')
  await see(proxy).toBeInViewport()
  // What is open is closed by whoever wants to, and led to again.
  await more.click()
  await connect.click()
  await see(proxy).toBeFocused()
  await more.click()
  await see(proxy).not.toBeInViewport()
})

test('two presses in one moment make one token, and one link to sign in', async () => {
  const { page } = await openWindow(browser, parley, { language: 'en', path: '/settings/tokens' })
  let made = 0
  await page.route(/\/api\/(tokens|members\/[^/]+\/sign-in-link)$/, (route) => {
    if (route.request().method() === 'POST') made++
    return route.fallback()
  })
  const pressTwice = (button: Locator) =>
    button.evaluate((each) => {
      for (let times = 0; times < 2; times++) each.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    })
  await page.getByRole('button', { name: 'Add a token' }).first().click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Name').fill('Till')
  await pressTwice(form.getByRole('button', { name: 'Make the token' }))
  await form.getByRole('button', { name: 'I have it' }).click()
  expect(made).toBe(1)

  await parley.member('agent')
  await page.goto(`${parley.url}/settings/members`)
  await page.getByRole('button', { name: 'Help to sign in again' }).first().click()
  await pressTwice(form.getByRole('button', { name: 'Make the link' }))
  await form.getByRole('button', { name: 'I have it' }).click()
  expect(made).toBe(2)
})
