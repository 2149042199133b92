/**
 * Builds what browsers load: the window, the visitors' chat, the demo's page of phones. Runs after `npm ci`, so that the first start is
 * quick. A part that is not in this checkout is passed over in words.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compress } from './compress.mjs'

// A test run's NODE_ENV would make it a development build, which reads schemas that are not in it.
process.env.NODE_ENV = 'production'

for (const part of ['web', 'widget', 'playground/web']) {
  const root = fileURLToPath(new URL(`../${part}`, import.meta.url))
  if (!existsSync(`${root}/vite.config.ts`)) {
    console.log(`build: there is no ${part} in this checkout`)
    continue
  }
  const { build, resolveConfig } = await import('vite')
  const config = { root, configFile: `${root}/vite.config.ts`, logLevel: 'warn' }
  await build(config)
  await compress(resolve(root, (await resolveConfig(config, 'build')).build.outDir))
}
