/** From the one-time link to a working channel, and back in through the door: with the whole program, in a real browser. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect as see, type Browser, type Page } from '@playwright/test'
import * as OTPAuth from 'otpauth'
import { beforeAll, expect, test } from 'vitest'
import startTelegram from '#connectors/telegram/emulator.ts'
import { aBrowser, complaintsOf } from '#tests/support/browser.ts'
import { aBuiltWindow } from '#tests/support/built-window.ts'
import { openWindow } from '#tests/support/window.ts'
import { OWNER, wholeParley, type WholeParley } from '#tests/support/whole-parley.ts'

let browser: Browser
let parley: WholeParley
let telegram: Awaited<ReturnType<typeof startTelegram>>

beforeAll(async () => {
  await aBuiltWindow()
  telegram = await startTelegram()
  parley = await wholeParley({ reaches: [telegram.url] })
  browser = await aBrowser()
  return () => telegram.close()
})

const faultsOf = async (page: Page) =>
  (await new AxeBuilder({ page }).analyze()).violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  )

async function signedIn(): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(`${parley.url}/sign-in`)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
  return page
}

test('a spent set-up link says so and leads to the door', async () => {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(`${parley.url}/setup#spent`)
  await page.getByText('Parley has an owner already').waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').waitFor()
})

test('a wrong password is told in words, and a place inside is found again after signing in', async () => {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(`${parley.url}/settings/members`)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one at all')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').getByText('That does not match').waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Members' }).waitFor()
})

test('after signing in nobody is led out of the window, whatever the address asked for', async () => {
  for (const next of ['//evil.example/', '/\t/evil.example']) {
    const page = await (await browser.newContext({ locale: 'en' })).newPage()
    await page.goto(`${parley.url}/sign-in?next=${encodeURIComponent(next)}`)
    await page.getByLabel('E-mail').fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('navigation').first().waitFor()
    expect(new URL(page.url()).origin).toBe(parley.url)
    await page.context().close()
  }
})

test('whoever is signed in is not asked for a password again, also when another tab has signed in meanwhile', async () => {
  const page = await signedIn()
  await page.goto(`${parley.url}/sign-in?next=/settings/members`)
  await page.getByRole('heading', { name: 'Members' }).waitFor()

  const other = await (await browser.newContext({ locale: 'en' })).newPage()
  await other.goto(`${parley.url}/sign-in?next=/settings/members`)
  await other.getByLabel('E-mail').waitFor()
  await other.context().request.post(`${parley.url}/api/session`, {
    data: { email: OWNER.email, password: OWNER.password },
    headers: { origin: parley.url },
  })
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await other.getByRole('heading', { name: 'Members' }).waitFor()
})

test('an address typed by hand opens the connector’s form; one that leads nowhere says so and leads back', async () => {
  const page = await signedIn()
  await page.goto(`${parley.url}/channels/add/telegram`)
  await page.getByRole('heading', { name: 'Add: Telegram' }).waitFor()
  await page.goto(`${parley.url}/channels/add/carrier-pigeon`)
  await page.getByText('Parley knows no network “carrier-pigeon”').waitFor()
  await page.getByRole('link', { name: 'Choose a network' }).click()
  await page.getByRole('link', { name: /Telegram/ }).waitFor()
  for (const path of ['/nowhere/at/all', '/settings/nowhere', '/channels/none']) {
    await page.goto(`${parley.url}${path}`)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await page.getByRole('link', { name: 'To the inbox' }).click()
    await page.waitForURL(/\/inbox/)
  }
})

test('a wrong token is told before anything is saved; the right one ends on the page of a living channel', async () => {
  const page = await signedIn()
  const complaints = complaintsOf(page)
  await page.goto(`${parley.url}/channels`)
  await page.getByRole('heading', { name: 'First steps' }).waitFor()
  await page.getByRole('main').getByRole('link', { name: 'Add a channel' }).click()
  await page.getByRole('link', { name: /Telegram/ }).click()
  await page.getByRole('button', { name: 'Check and connect' }).click()
  await page.getByText('Fill this in').waitFor()

  const { token, apiUrl } = telegram.settings as { token: string; apiUrl: string }
  await page.getByRole('textbox', { name: 'Bot token' }).fill('1:AAnotThisOne')
  await page.getByRole('button', { name: 'More settings' }).click()
  await page.getByLabel('Another server').fill(apiUrl)
  // Where the note would stand below the edge.
  await page.setViewportSize({ width: 390, height: 740 })
  await page.getByRole('button', { name: 'Check and connect' }).click()
  await page.getByRole('alert').getByText('does not accept these credentials').waitFor()
  await see(page.getByRole('alert')).toBeInViewport({ ratio: 1 })
  await page.setViewportSize({ width: 1280, height: 720 })
  expect((await parley.owner.ask('GET', '/api/channels').then((response) => response.json())) as object).toMatchObject({
    items: [],
  })
  expect(await faultsOf(page)).toEqual([])

  await page.getByRole('textbox', { name: 'Bot token' }).fill(token)
  await page.getByRole('button', { name: 'Check and connect' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByText('Ready', { exact: true }).waitFor()
  await page.getByRole('img', { name: 'QR code of the link' }).waitFor()
  expect(await faultsOf(page)).toEqual([])
  // The refused token was answered with 422: the browser notes it, the page does not.
  expect(complaints.filter((words) => !words.includes('422'))).toEqual([])
})

test('a paused channel is seen at once in another window, in its language', async () => {
  const page = await signedIn()
  const { email } = await parley.member('supervisor')
  const { page: other } = await openWindow(browser, parley, { email, language: 'ru', dark: true, path: '/channels' })
  await other.getByText('Работает', { exact: true }).waitFor()
  await page.goto(`${parley.url}/channels`)
  await page.getByRole('link', { name: 'Telegram' }).click()
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Pause sending' }).click()
  await other.getByText('На паузе', { exact: true }).waitFor({ timeout: 5_000 })
  expect(await faultsOf(other)).toEqual([])
  await other.getByRole('button', { name: 'Продолжить' }).click()
  await page.getByText('Ready', { exact: true }).waitFor()
})

test('a second factor is turned on with its first code, and asked for at the door', async () => {
  const agent = await parley.member('agent')
  const context = await browser.newContext({ locale: 'en' })
  const page = await context.newPage()
  const signIn = async () => {
    await page.goto(`${parley.url}/sign-in?next=/settings/account`)
    await page.getByLabel('E-mail').fill(agent.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  await signIn()
  await page.getByRole('button', { name: 'Turn it on' }).click()
  const secret = (await page.locator('.mantine-Text-root', { hasText: /^[A-Z2-7]{16,}$/ }).innerText()).trim()
  const totp = new OTPAuth.TOTP({ secret })
  await page.getByLabel('Code from the app').fill(totp.generate())
  await page.getByRole('button', { name: 'Check and turn on' }).click()
  await page.getByText('It is on:').waitFor()
  expect(await faultsOf(page)).toEqual([])

  await context.clearCookies()
  await signIn()
  await page.getByRole('textbox', { name: 'Code' }).fill('000000')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').getByText('That does not match').waitFor()
  // A code works once, and the first one was used: the next step's.
  await page.getByRole('textbox', { name: 'Code' }).fill(totp.generate({ timestamp: Date.now() + 30_000 }))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

test('a member who is signed out elsewhere is led to the door, and back to the same place', async () => {
  const agent = await parley.member('agent')
  const context = await browser.newContext({ locale: 'en' })
  const page = await context.newPage()
  await page.goto(`${parley.url}/channels`)
  await page.getByLabel('E-mail').fill(agent.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Channels' }).waitFor()
  expect(await page.getByRole('link', { name: 'Add a channel' }).count()).toBe(0)
  const again = await parley.signIn(agent.email)
  const { items } = (await again.ask('GET', '/api/sessions').then((response) => response.json())) as {
    items: { id: string; current: boolean }[]
  }
  for (const { id, current } of items) if (!current) await again.ask('DELETE', `/api/sessions/${id}`)
  await page.getByText('You were signed out.').waitFor({ timeout: 10_000 })
  expect(new URL(page.url()).searchParams.get('next')).toBe('/channels')
})

test('keys go by place on a Russian layout: G then H opens the channels, ? lists the keys', async () => {
  const page = await signedIn()
  await page.goto(`${parley.url}/settings/account`)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  const press = (key: string, code: string) =>
    page.evaluate(
      ([k, c]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: k, code: c, bubbles: true })),
      [key, code] as const,
    )
  await press('п', 'KeyG')
  await press('р', 'KeyH')
  await page.getByRole('heading', { name: 'Channels' }).waitFor()
  await press('?', 'Digit7')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
})
