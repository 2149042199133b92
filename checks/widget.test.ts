/** What a site's visitors load must stay small, and must run under the strictest policy: built as it ships, then measured. */
import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { expect, test } from 'vitest'

const MOST_BYTES = 30 * 1024

interface Built {
  output: { type: string; fileName: string; code?: string }[]
}

test('the chat is one script of at most 30 KB gzipped that makes nothing from text', { timeout: 60_000 }, async () => {
  const root = fileURLToPath(new URL('../widget/', import.meta.url))
  const config = { root, configFile: `${root}vite.config.ts`, logLevel: 'silent', build: { write: false } } as const
  const [built] = (await build(config)) as unknown as Built[]
  const scripts = built!.output.filter(({ type }) => type === 'chunk')
  expect(scripts.map(({ fileName }) => fileName)).toEqual(['chat.js'])
  const code = scripts[0]!.code!
  // Seeing too little would be a green check of nothing.
  expect(code.length).toBeGreaterThan(20_000)
  expect(gzipSync(code).length).toBeLessThanOrEqual(MOST_BYTES)
  expect(code).not.toMatch(
    /\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|cssText|setAttribute\("style"/,
  )
})
