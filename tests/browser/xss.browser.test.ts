/** `npm run xss` in small: the worst families by the real doors into the real window; and it can be red, in a page that trusts everybody. */
import { expect, test } from 'vitest'
import { aBrowser } from '#tests/support/browser.ts'
import { detector } from './xss/detector.ts'
import { payloadsOf } from './xss/payloads.ts'
import { xssSiege } from './xss/siege.ts'

const browser = await aBrowser()

test('payloads are different ones, always the same of a seed, and of every family', () => {
  const all = payloadsOf(1, 600)
  expect(new Set(all.map(({ text }) => text)).size).toBe(600)
  expect(payloadsOf(1, 600)).toEqual(all)
  expect(payloadsOf(2, 600)).not.toEqual(all)
  expect(new Set(payloadsOf(1, 20).map(({ family }) => family)).size).toBeGreaterThan(10)
})

test('in a page that puts texts in as markup they run, ask elsewhere and stand there, and all of it is heard', async () => {
  const context = await browser.newContext()
  const { ran, seen, wrong, inspect } = await detector([context], ['http://trusting.test'])
  await context.route('**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }),
  )
  const page = await context.newPage()
  for (const { text } of payloadsOf(1, 40)) {
    await page.goto('http://trusting.test/')
    await page.evaluate((markup) => {
      document.body.innerHTML = `zq7.planted. ${markup}`
    }, text)
    await page.waitForTimeout(30)
    await inspect(page)
  }
  await context.close()
  const heard = [...wrong].join('\n')
  expect(ran.size).toBeGreaterThan(8)
  expect(heard).toContain('a request to http://xss.test/')
  expect(heard).toContain('a handler: ')
  expect(heard).toContain('may not stand: ')
  expect(seen.has('7.planted')).toBe(true)
})

test('texts of the worst families, by every door, stand in every field of the window, and nothing happens', async () => {
  // Two: one of them alone has nobody to be compared with.
  const worst = ['mutated on the way', 'polyglots']
  const payloads = worst.map((family) => payloadsOf(1, 60).find((each) => each.family === family)!)
  const { unseen, wrong, shown, fields } = await xssSiege({ payloads, say: () => {} })
  expect(wrong).toEqual([])
  expect(unseen).toEqual({})
  expect(fields.length).toBeGreaterThanOrEqual(98)
  expect(shown).toBe(payloads.length * fields.length)
}, 240_000)
