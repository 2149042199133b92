/** Every state of the gallery, in both looks and languages and at three widths: drawn, in words, without a fault of access. */
import { createServer, type Server } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from '@playwright/test'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aBrowser, complaintsOf } from '#tests/support/browser.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PARTS = ['channels', 'frame', 'inbox', 'ui']
const WIDTHS = [1440, 1024, 390]
/** Where the machine looks for faults of access: a language changes none of them, and each look takes many seconds. */
const LOOKED_AT = [1440, 390]
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
/** A key that stands there instead of its words. */
const BARE_KEY = /^[a-z][\w-]*(\.[a-z_]\w*)+$/i

let browser: Browser
let server: Server
let address = ''

beforeAll(async () => {
  await build({ configFile: join(root, 'web/gallery/vite.config.ts'), logLevel: 'error' })
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://gallery')
    const path = join(root, '.tmp/gallery', pathname.endsWith('/') ? `${pathname}index.html` : pathname)
    readFile(path).then(
      (body) => response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gallery/`
  browser = await aBrowser()
})
afterAll(() => void server?.close())

for (const part of PARTS)
  for (const scheme of ['light', 'dark'])
    for (const language of ['en', 'ru'])
      test(`${part} stands in ${scheme} and ${language} at every width`, async () => {
        const context = await browser.newContext()
        const page = await context.newPage()
        const complaints = complaintsOf(page)
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 })
          await page.goto(`${address}?part=${part}&scheme=${scheme}&language=${language}`)
          await page.locator(`[data-part=${part}]`).waitFor()
          const texts = await page.locator('[data-state] *:not(:has(*))').allTextContents()
          expect(texts.length).toBeGreaterThan(5)
          expect(texts.filter((text) => BARE_KEY.test(text.trim()) && !text.includes('example'))).toEqual([])
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          expect(overflow, `wider than ${width}`).toBeLessThanOrEqual(0)
          if (language !== 'en' || !LOOKED_AT.includes(width)) continue
          const { violations } = await new AxeBuilder({ page })
            // States stand in no page of their own, so they lie in no landmark.
            .disableRules(['region', 'landmark-one-main', 'page-has-heading-one', 'heading-order'])
            .analyze()
          expect(
            violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
          ).toEqual([])
        }
        expect(complaints).toEqual([])
        await context.close()
      })
