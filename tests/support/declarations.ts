/** Every declared call, found as the folder has it, so that none can be forgotten. */
import { readdirSync } from 'node:fs'
import type { Endpoint } from '#contract/endpoint.ts'

export interface Declared {
  readonly name: string
  readonly call: Endpoint
}

const FOLDER = new URL('../../contract/calls/', import.meta.url)

export const declarations: readonly Declared[] = (
  await Promise.all(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map(async (file) => Object.entries((await import(new URL(file, FOLDER).href)) as Record<string, unknown>)),
  )
)
  .flat()
  .flatMap(([name, value]) => (isCall(value) ? [{ name, call: value }] : []))

function isCall(value: unknown): value is Endpoint {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'result' in value
}
