import { expect, test } from 'vitest'
import type { ChannelId } from '#contract/ids.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import type { Lease } from '#server/platform/leases.ts'
import { silentLog } from '#tests/support/parts.ts'
import type { LiveChannel } from './live.ts'
import { startLines, type LinesDeps } from './lines.ts'

const id = 'c' as ChannelId

const deps = {
  hints: inProcessHints(),
  log: silentLog,
  usesLine: () => true,
  contextOf: () => ({}),
  wireOf: () => () => {},
  database: { inWorkspace: async () => ({ rows: [] }) },
  setState: async () => {},
}

/** Lines of one channel whose state is looked up by `stateNow`. */
function linesOf(stateNow: () => Promise<LiveChannel['state']>) {
  const { hints } = deps
  const opened = Promise.withResolvers<void>()
  const connect = async () => opened.resolve()
  const lines = startLines({
    ...deps,
    channels: { get: async () => ({ id, connector: { connect }, settings: {}, state: await stateNow() }) },
  } as unknown as LinesDeps)
  const stop = new AbortController()
  const lease = { epoch: 1, signal: stop.signal } as Lease
  return { hints, opened: opened.promise, stop, owning: lines.own(lease, id) }
}

test('a channel that is let go on in the very moment its owner looks at it is connected at once', async () => {
  let looks = 0
  const { hints, opened, stop, owning } = linesOf(async () => {
    if (++looks > 1) return 'connecting'
    // Read as stopped; while that is on its way back, a member lets it go on.
    setImmediate(() => hints.tell('channels', id))
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    return 'stopped'
  })
  await opened
  stop.abort()
  await owning
  expect(looks).toBeGreaterThan(1)
})

test('trying out a line that ends before it serves is a broken wire, not a wait without end', async () => {
  const lines = startLines({ ...deps, channels: {} } as unknown as LinesDeps)
  const channel = { id, connector: { connect: async () => {} }, settings: {} } as unknown as LiveChannel
  const asking = lines.tryOut(channel, (wire) => wire({ via: 'line', frame: {} } as never) as never)
  await expect(asking).rejects.toMatchObject({ name: 'WireBroken', fault: 'cut' })
})
