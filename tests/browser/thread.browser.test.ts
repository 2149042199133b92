/** How a thread is read: it stands still where the reader opens something, and calls him to a failure only when he does not see it. */
import { beforeAll, expect, test } from 'vitest'
import type { Page } from '@playwright/test'
import { sql } from 'kysely'
import { changeMe } from '#contract/calls/members.ts'
import { listConversations, sendMessage } from '#contract/calls/conversations.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()
let page: Page

beforeAll(async () => {
  await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
  page = (await openWindow(browser, parley)).page
  page.setDefaultTimeout(15_000)
})

const thread = () => page.getByRole('region', { name: /^Conversation with/ })
const stands = () => thread().evaluate((box: { scrollTop: number }) => Math.round(box.scrollTop))
const talkOf = (name: string) =>
  until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0]?.id, 30_000)

test('a long text opens and closes under the eyes of its reader, and takes the focus', async () => {
  const ann = telegram.phone('Ann Long')
  const words = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ')
  await ann.say(plain(words))
  await page.goto(`${parley.url}/inbox/${await talkOf('Ann Long')}?view=all`)
  const message = thread().getByRole('article')
  const all = message.getByRole('button', { name: 'Show all of it' })
  await all.scrollIntoViewIfNeeded()
  await page.getByRole('button', { name: 'To the newest' }).waitFor({ state: 'detached' })
  const before = await stands()
  await all.click()
  const less = message.getByRole('button', { name: 'Show less' })
  await less.waitFor()
  // Whatever would follow the end has done so by then.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  expect(await stands()).toBe(before)
  expect(await message.locator(':focus').textContent()).toContain('word0 word1')
  await page.getByRole('button', { name: 'To the newest' }).waitFor()

  await page.keyboard.press('Tab')
  expect(await less.and(page.locator(':focus')).count()).toBe(1)
  await page.keyboard.press('Enter')
  await all.waitFor()
  expect(await message.locator(':focus').textContent()).toContain('word0 word1')
  // Back at its end, he goes on with what comes.
  await ann.say(plain('And that was all.'))
  await expect.poll(() => thread().getByText('And that was all.').isVisible()).toBe(true)
  await page.getByRole('button', { name: 'To the newest' }).waitFor({ state: 'detached' })
})

test('the way to the failed message is offered while it is out of view, and not beside it', async () => {
  const bob = telegram.phone('Bob Stone')
  await bob.say(plain('Hello?'))
  const id = await talkOf('Bob Stone')
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await thread().getByText('Hello?').waitFor()
  telegram.fault({ is: 'blocked' })
  await owner.call(sendMessage, { params: { id }, body: { text: 'At nine.' } })
  const trouble = thread().getByRole('group', { name: 'The contact has blocked us here' })
  await trouble.waitFor()
  await owner.call(sendMessage, { params: { id }, body: { text: 'They have blocked us.', note: true } })
  await thread().getByText('They have blocked us.').waitFor()
  const way = page.getByRole('button', { name: 'To the failed message' })
  await expect.poll(() => way.count(), { timeout: 5_000 }).toBe(0)

  await owner.call(sendMessage, { params: { id }, body: { text: 'A long note.\n'.repeat(60), note: true } })
  await way.click()
  await way.waitFor({ state: 'detached' })
  expect(await trouble.isVisible()).toBe(true)
})

test('while one scrolls through several days no label of a day lies on another', async () => {
  const cleo = telegram.phone('Cleo Days')
  for (const day of ['Monday', 'Tuesday', 'Wednesday']) await cleo.say(plain(`${day}.\n`.repeat(40)))
  const id = await talkOf('Cleo Days')
  await until(
    async () => (await owner.call(listConversations, { query: { q: 'Cleo' } })).items[0]?.inCount === 3,
    30_000,
  )
  const { database } = parley.test
  const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
    database.plumbing,
  )
  await database.inWorkspace(rows[0]!.id, (tx) =>
    sql`update message set placed = placed - make_interval(days => (3 - seq)::int * 6) where shown_in = ${id}`.execute(
      tx,
    ),
  )
  await page.goto(`${parley.url}/inbox/${id}?view=all`)
  await thread().getByRole('heading', { level: 3 }).nth(2).waitFor()
  const overlaps = await thread().evaluate((box) => {
    const labels = [...box.querySelectorAll('h3')]
    const found: string[] = []
    for (box.scrollTop = 0; ; box.scrollTop += 10) {
      const tops = labels.map((each) => each.getBoundingClientRect())
      for (const [index, rect] of tops.entries())
        for (const other of tops.slice(index + 1))
          if (rect.bottom > other.top && other.bottom > rect.top) found.push(`at ${box.scrollTop}`)
      if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return found
    }
  })
  expect(overlaps).toEqual([])
})
