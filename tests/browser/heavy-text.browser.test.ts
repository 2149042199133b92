/** Texts made to choke a window: each stands there, and one can go on typing. */
import { expect, test } from 'vitest'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'
import { openWindow } from '#tests/support/window.ts'

const { telegram, parley, owner } = await telegramShop()
const browser = await aBrowser()

/** A guard against a window that stands still; one that is only slow on a crowded machine passes. */
const STILL_MS = 20_000

const BOMBS = {
  'a line of 300 KB': `line ${'x'.repeat(300_000)}`,
  'a letter with 100,000 marks': `marks e${'\u0301'.repeat(100_000)}`,
  'what turns the reading round': `round \u202Egnp.exe\u2066\u2067\u202D, and back`,
  'signs of markdown': `signs ${'*_~`['.repeat(20_000)}`,
  'families of emoji': `families ${'👩‍👩‍👧‍👦'.repeat(4_000)}`,
  'two thousand addresses': `addresses ${'https://a.example/b '.repeat(2_000)}`.trimEnd(),
}

test.each(Object.entries(BOMBS))('%s', async (name, text) => {
  const phone = telegram.phone(name)
  await phone.say(plain(text))
  const conversation = await until(
    async () => (await owner.call(listConversations, { query: { q: name } })).items[0]?.id,
    30_000,
  )
  const { page, context, complaints } = await openWindow(browser, parley, { path: `/inbox/${conversation}?view=all` })
  page.setDefaultTimeout(STILL_MS)
  const [first = ''] = text.split(' ')
  const message = page.locator('article').filter({ hasText: `${first} ` })
  await message.waitFor()
  const shown = async () => ((await message.textContent()) ?? '').replaceAll(/(\p{M}{12})\p{M}+/gu, '$1')
  expect(await shown()).toContain(text.slice(0, 500).replaceAll(/(\p{M}{12})\p{M}+/gu, '$1'))
  const composer = page.getByRole('textbox', { name: 'Reply', exact: true })
  await composer.pressSequentially('I can still write')
  expect(await composer.inputValue()).toBe('I can still write')
  const all = message.getByRole('button', { name: 'Show all of it' })
  if (await all.isVisible()) await all.click()
  await until(async () => (await shown()).includes(text.replaceAll(/(\p{M}{12})\p{M}+/gu, '$1')), STILL_MS)
  await composer.pressSequentially(', and still')
  expect(await composer.inputValue()).toBe('I can still write, and still')
  // It stays in its place: nothing is written over the composer or the list.
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect([width, complaints]).toEqual([0, []])
  await context.close()
})
