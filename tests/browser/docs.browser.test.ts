import { expect, test } from 'vitest'
import { aBrowser, complaintsOf } from '#tests/support/browser.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley()
const browser = await aBrowser()

test('the API can be read at /docs: nothing is loaded from elsewhere and the content policy is never met', async () => {
  const page = await browser.newPage()
  const complaints = complaintsOf(page)
  const elsewhere: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(parley.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url())
  })
  await page.goto(`${parley.url}/docs`)
  await page.getByText('One window onto every messenger.').first().waitFor()
  await page
    .getByRole('link', { name: /conversations/ })
    .or(page.getByRole('button', { name: /conversations/ }))
    .first()
    .waitFor()
  expect(await page.getByText('Developer Tools').count(), 'tools of the page’s maker').toBe(0)
  expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] })
})
