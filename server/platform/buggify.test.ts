import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { buggify, MOMENTS } from './buggify.ts'

test('each moment is one place in the program', () => {
  const root = fileURLToPath(new URL('../', import.meta.url))
  const files = globSync('**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
  const places = files.flatMap((file) =>
    [...readFileSync(`${root}${file}`, 'utf8').matchAll(/buggify\('([^']+)'\)/g)].map(([, moment]) => moment!),
  )
  expect(places).toHaveLength(MOMENTS.length)
  expect(new Set(places)).toEqual(new Set(MOMENTS))
})

test('nobody listens: nothing is waited for', () => {
  for (const moment of MOMENTS) expect(buggify(moment)).toBeUndefined()
})
