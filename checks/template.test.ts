/** The template keeps its promises, by webhook and as `npm run new connector NAME -- --polling` makes it: whoever copies it begins with something that runs. */
import { describe, expect, test } from 'vitest'
import { promisesOf } from '#connector-kit/conformance/conformance.ts'
import { promisesIn } from '#connector-kit/conformance/promises-in.ts'
import { setStage } from '#connector-kit/conformance/stage.ts'
import startEmulator, { never } from '../connectors/_template/emulator.ts'
import template from '../connectors/_template/_template.ts'
import { connect } from '../connectors/_template/poll.ts'

const { webhook: _, asks, ...rest } = template
const polls = {
  ...rest,
  asks: { me: asks.me },
  connect,
  manifest: { ...rest.manifest, receives: ['polling' as const] },
}

describe.each([
  { way: 'webhook' as const, connector: template, promises: promisesOf(template as never, { never }) },
  { way: 'polling' as const, connector: polls, promises: promisesIn(polls as never) },
])('by $way', ({ way, connector, promises }) => {
  test.each(promises)('$name', async ({ keep }) => {
    const stage = await setStage(connector as never, startEmulator, way)
    try {
      await expect(keep(stage)).resolves.toBeUndefined()
    } finally {
      await stage.close()
    }
  })
})
