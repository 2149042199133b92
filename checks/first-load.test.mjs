/** The built window, when there is one: `npm ci` builds it, `npm run build` builds it anew. */
import { expect, test } from 'vitest'
import { BUDGET_KB, firstLoad, isBuilt } from './first-load.mjs'

test.skipIf(!isBuilt())('the inbox stands there after 250 KB of JavaScript', async () => {
  const { total, files } = await firstLoad()
  const tooBig = total > BUDGET_KB ? { total, biggest: files.slice(0, 6) } : null
  expect(tooBig).toBeNull()
})
