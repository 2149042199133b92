/** Several conversations at once: what is chosen is seen, a finger can choose too, and what is being done to them is told where it was pressed. */
import { expect as see } from '@playwright/test'
import { beforeAll, expect, test } from 'vitest'
import { changeConversation, listConversations, markRead } from '#contract/calls/conversations.ts'
import { getMe } from '#contract/calls/members.ts'
import type { MemberId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow, type WindowOptions } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
const ARABIC = 'محمد علي'
const NAMES = ['Ann', 'Bob', ARABIC]

beforeAll(async () => {
  for (const name of NAMES) await telegram.phone(name).say(plain(`From ${name}`))
  await until(async () => (await owner.call(listConversations, { query: {} })).items.length === NAMES.length, 30_000)
})

const FORBIDDEN = { type: 'about:blank', title: '', status: 403, code: 'forbidden' }

async function open(options: WindowOptions = {}) {
  const { page, context } = await openWindow(browser, parley, { path: '/inbox?view=all', ...options })
  page.setDefaultTimeout(30_000)
  const row = (name: string) => page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name })
  await row('Ann').waitFor()
  return { page, context, row, bar: page.getByRole('toolbar', { name: 'What to do with the chosen' }) }
}

test('a chosen row shows its tick, wherever the pointer is', async () => {
  const { page, context, row } = await open()
  await row('Ann').click({ modifiers: ['Control'] })
  await page.mouse.move(900, 500)
  for (const [name, isChosen] of [
    ['Ann', true],
    ['Bob', false],
  ] as const) {
    const box = page.getByRole('checkbox', { name: `Choose ${name}` })
    expect(await box.isChecked()).toBe(isChosen)
    await see(box.locator('xpath=ancestor::*[contains(@class,"choose")]').first()).toHaveCSS('opacity', '1')
  }
  await context.close()
})

test('a finger begins by the menu, chooses by the row, and ends by the bar', async () => {
  const { page, context, row, bar } = await open({ width: 390, height: 800, touch: true })
  // As browsers are whose click is no pointer's yet.
  await page.evaluate(() => {
    const { get } = Object.getOwnPropertyDescriptor(PointerEvent.prototype, 'pointerType')!
    Object.defineProperty(PointerEvent.prototype, 'pointerType', {
      get(this: PointerEvent) {
        return this.type === 'click' ? undefined : (get!.call(this) as string)
      },
    })
  })
  await page.getByRole('button', { name: 'More for the list' }).tap()
  await page.getByRole('menuitem', { name: 'Choose several' }).tap()
  await bar.getByText('0 chosen').waitFor()
  await row('Ann').tap()
  await row('Bob').tap()
  await bar.getByText('2 chosen').waitFor()
  await see(page.getByRole('checkbox', { name: 'Choose Ann' })).toBeChecked()
  await see(page.getByRole('checkbox', { name: `Choose ${ARABIC}` })).toBeVisible()
  await bar.getByRole('button', { name: 'Choose none' }).tap()
  await bar.waitFor({ state: 'detached' })
  await row('Ann').tap()
  await page.getByRole('region', { name: /^Conversation with/ }).waitFor()
  await context.close()
})

test('the bar, which has the keys, is there before anything is chosen', async () => {
  const { page, context } = await openWindow(browser, parley, { path: '/channels' })
  const loaded = page.waitForResponse((response) => /bulk-bar/.test(response.url()), { timeout: 10_000 })
  await page.getByRole('link', { name: 'Inbox' }).first().click()
  expect((await loaded).ok()).toBe(true)
  await context.close()
})

test('the button that was pressed turns, and no other; all go in one call, and come back in one', async () => {
  const { page, context, row, bar } = await open()
  const { promise, resolve } = Promise.withResolvers<void>()
  const calls: string[] = []
  await page.route(/\/api\/(conversations\/changes|acts\/undo)$/, async (route) => {
    calls.push(new URL(route.request().url()).pathname)
    await promise
    await route.fallback()
  })
  for (const name of ['Ann', 'Bob']) await row(name).click({ modifiers: ['Control'] })
  await bar.getByRole('button', { name: 'Close conversation' }).click()
  await see(bar.getByRole('button', { name: 'Close conversation' })).toHaveAttribute('data-loading', 'true')
  await see(bar.getByRole('button', { name: 'Assign' })).not.toHaveAttribute('data-loading', 'true')
  resolve()
  await bar.waitFor({ state: 'detached' })
  await page.keyboard.press('z')
  for (const name of ['Ann', 'Bob']) await row(name).waitFor()
  expect(calls).toEqual(['/api/conversations/changes', '/api/acts/undo'])
  await context.close()
})

test('what could not be done stays chosen, and so does what is chosen while the others are done', async () => {
  const { page, context, row, bar } = await open()
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(/\/api\/conversations\/changes$/, (route) => route.fulfill({ status: 403, json: FORBIDDEN }))
  for (const name of ['Ann', 'Bob']) await row(name).click({ modifiers: ['Control'] })
  await page.keyboard.press('e')
  await page.getByRole('alert').filter({ hasText: 'Your role does not allow this' }).waitFor()
  await bar.getByText('2 chosen').waitFor()
  await page.unrouteAll()
  await page.route(/\/api\/conversations\/changes$/, async (route) => {
    await promise
    await route.fallback()
  })
  await page.keyboard.press('e')
  await see(bar.getByRole('button', { name: 'Close conversation' })).toHaveAttribute('data-loading', 'true')
  await row(ARABIC).click({ modifiers: ['Control'] })
  await bar.getByText('3 chosen').waitFor()
  resolve()
  await bar.getByText('1 chosen').waitFor()
  await see(page.getByRole('checkbox', { name: `Choose ${ARABIC}` })).toBeChecked()
  await page.keyboard.press('z')
  for (const name of ['Ann', 'Bob']) await row(name).waitFor()
  await context.close()
})

test('keys act on what is chosen while something is, and then on the open one again', async () => {
  const { page, context, row, bar } = await open()
  await row(ARABIC).click()
  const thread = page.getByRole('region', { name: /^Conversation with/ })
  await thread.waitFor()
  for (const name of ['Ann', 'Bob']) await row(name).click({ modifiers: ['Control'] })
  await bar.getByText('2 chosen').waitFor()
  for (const [key, name] of [
    ['a', 'Assign'],
    ['h', 'Snooze'],
  ] as const) {
    await page.keyboard.press(key)
    await page.getByRole('menu', { name }).waitFor()
    await see(bar.getByRole('button', { name })).toHaveAttribute('aria-expanded', 'true')
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keys' })
  for (const [about, key] of [
    ['Close conversation', 'E'],
    ['Snooze', 'H'],
    ['Assign', 'A'],
  ] as const)
    await see(sheet.getByRole('row', { name: `${about} ${key}`, exact: true })).toHaveCount(1)
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })
  // Whose key it is, is told there, and nowhere else.
  const assign = page.locator('header').filter({ hasText: ARABIC }).getByRole('button', { name: 'Assign' })
  await see(assign.locator('kbd')).toHaveCount(0)
  await bar.getByRole('button', { name: 'Close conversation' }).hover()
  await see(page.getByRole('tooltip')).toHaveText('Close conversation E')
  const asked: string[] = []
  page.on('request', (request) => request.postData()?.includes('unread') && asked.push(request.url()))
  await page.keyboard.press('u')
  await page.waitForTimeout(300)
  expect(asked).toEqual([])
  await page.keyboard.press('e')
  for (const name of ['Ann', 'Bob']) await row(name).waitFor({ state: 'detached' })
  await see(row(ARABIC)).toBeVisible()
  await bar.waitFor({ state: 'detached' })
  await page.keyboard.press('e')
  await page
    .getByRole('alert')
    .filter({ hasText: /^Closed/ })
    .waitFor()
  await row(ARABIC).waitFor({ state: 'detached' })
  for (const names of [[ARABIC], ['Ann', 'Bob']]) {
    await page.keyboard.press('z')
    for (const name of names) await row(name).waitFor()
  }
  await context.close()
})

test('the chosen are given to nobody', async () => {
  const { page, context, row, bar } = await open()
  const { id } = (await owner.call(getMe)).member
  for (const [assign, given] of [
    ['To me', id],
    ['To nobody', null],
  ] as const) {
    for (const name of ['Ann', 'Bob']) await row(name).click({ modifiers: ['Control'] })
    await bar.getByRole('button', { name: 'Assign' }).click()
    await page.getByRole('menuitem', { name: assign }).click()
    await bar.waitFor({ state: 'detached' })
    const { items } = await owner.call(listConversations, { query: {} })
    expect(Object.fromEntries(items.map(({ name, assignee }) => [name, assignee]))).toEqual({
      Ann: given,
      Bob: given,
      [ARABIC]: null,
    })
  }
  await context.close()
})

test('what left the list is chosen no more, and nobody acts on it', async () => {
  const { page, context, row, bar } = await open({ path: '/inbox?view=unassigned' })
  const { id: other } = await parley.member('agent')
  const { items } = await owner.call(listConversations, { query: {} })
  const give = (name: string, assignee: MemberId | null) =>
    owner.call(changeConversation, { params: { id: items.find((each) => each.name === name)!.id }, body: { assignee } })
  for (const name of ['Bob', 'Ann']) await row(name).click({ modifiers: ['Control'] })
  await bar.getByText('2 chosen').waitFor()
  await give('Ann', other)
  await row('Ann').waitFor({ state: 'detached' })
  await bar.getByText('1 chosen').waitFor()
  // From the one chosen last that is still there.
  await row(ARABIC).click({ modifiers: ['Shift'] })
  await bar.getByText('2 chosen').waitFor()
  await page.keyboard.press('i')
  await bar.waitFor({ state: 'detached' })
  const me = (await owner.call(getMe)).member.id
  const now = (await owner.call(listConversations, { query: {} })).items
  expect(Object.fromEntries(now.map(({ name, assignee }) => [name, assignee]))).toEqual({
    Ann: other,
    Bob: me,
    [ARABIC]: me,
  })
  for (const name of NAMES) await give(name, null)
  await context.close()
})

test('what comes back unread looks unread at once', async () => {
  for (const { id } of (await owner.call(listConversations, { query: {} })).items)
    await owner.call(markRead, { params: { id }, body: { unread: true } })
  const { page, context, row, bar } = await open()
  for (const name of ['Ann', 'Bob']) {
    await see(row(name).getByLabel('1 unread')).toBeVisible()
    await row(name).click({ modifiers: ['Control'] })
  }
  await bar.getByRole('button', { name: 'Close conversation' }).click()
  await bar.waitFor({ state: 'detached' })
  await see(row('Ann')).toHaveCount(0)
  await page.keyboard.press('z')
  for (const name of ['Ann', 'Bob']) await see(row(name).getByLabel('1 unread')).toBeVisible()
  await context.close()
})

test('an undo that was used is offered no more', async () => {
  const { page, context, row, bar } = await open()
  const offer = page.getByRole('alert').filter({ hasText: 'Closed' }).getByRole('button', { name: 'Undo' })
  const undone = page.getByRole('alert').filter({ hasText: 'Undone' })
  for (const undo of [() => page.keyboard.press('z'), () => offer.click()]) {
    await row('Ann').click({ modifiers: ['Control'] })
    await bar.getByText('1 chosen').waitFor()
    await page.keyboard.press('e')
    await offer.waitFor()
    await undo()
    await row('Ann').waitFor()
    await undone.waitFor()
    await see(offer).toHaveCount(0, { timeout: 2_000 })
  }
  await context.close()
})

test('an act that was undone in the history of its contact is offered no more', async () => {
  const { items } = await owner.call(listConversations, { query: {} })
  const [ann, bob] = ['Ann', 'Bob'].map((name) => items.find((each) => each.name === name)!)
  const { page, context, row } = await open({ path: `/inbox/${ann!.id}?view=all&merge=${bob!.contact}` })
  await page.getByRole('button', { name: 'Yes, one person' }).click()
  const offer = page.getByRole('alert').filter({ hasText: /^Joined/ })
  await offer.waitFor()
  await page.getByRole('listitem').filter({ hasText: 'oined' }).getByRole('button', { name: 'Undo' }).click()
  await row('Bob').waitFor()
  await see(offer).toHaveCount(0, { timeout: 2_000 })
  await context.close()
})

test('a time is taken by Enter, one that is over says so, and a day of another year is told whole', async () => {
  const { page, context, row } = await open()
  await row('Bob').click()
  await page.getByRole('button', { name: 'Snooze' }).click()
  await page.getByRole('menuitem', { name: 'Another time…' }).click()
  const time = page.getByLabel('Put away until')
  await time.fill('2020-02-10T10:00')
  await see(time).toHaveAccessibleDescription('This time is over')
  await page.keyboard.press('Enter')
  await see(time).toBeVisible()
  await time.fill('2099-02-10T10:00')
  await page.keyboard.press('Enter')
  const header = page.getByRole('banner').or(page.locator('header')).filter({ hasText: 'Bob' })
  await header.getByText(/Snoozed until .* 2099/).waitFor()
  await page.keyboard.press('z')
  await context.close()
})

test('a name that is written from the right stands beside its face', async () => {
  const { page, context, row } = await open()
  await row(ARABIC).click()
  await page.getByRole('heading', { name: ARABIC }).waitFor()
  const gaps = await page.evaluate((name) => {
    const shown = [...document.querySelectorAll('[dir="auto"]')].filter((each) => each.textContent === name)
    return shown.map((each) => {
      const words = document.createRange()
      words.selectNodeContents(each)
      return words.getBoundingClientRect().left - each.getBoundingClientRect().left
    })
  }, ARABIC)
  expect(gaps.length).toBeGreaterThanOrEqual(2)
  expect(Math.max(...gaps)).toBeLessThan(2)
  await context.close()
})
