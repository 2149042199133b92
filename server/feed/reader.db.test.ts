import { expect, onTestFinished, test } from 'vitest'
import type { FeedFrame } from '#contract/feed/event.ts'
import type { Database } from '#server/platform/database.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { announce } from './feed.ts'
import { feedReader, type Presenters } from './reader.ts'

const { database } = await aDatabase()
const workspace = await aWorkspace(database)

/** Every row is a channel that went. */
const presenters = new Proxy({} as Presenters, {
  get: () => async (_: unknown, __: unknown, rows: { subject: string }[]) =>
    new Map(rows.map((row) => [row, [{ kind: 'channel.removed', channel: row.subject }]])),
})

function aReader(over: Database) {
  const reader = feedReader({
    database: over,
    hints: { tell: () => {}, on: () => () => {}, close: async () => {} },
    presenters,
    log: silentLog,
  })
  onTestFinished(reader.close)
  return reader
}

function aSocket() {
  const frames: FeedFrame[] = []
  return {
    workspace,
    member: 'ann',
    send: (frame: Buffer) => void frames.push(JSON.parse(frame.toString()) as FeedFrame),
    frames,
    heard: () =>
      frames.flatMap((frame) => ('events' in frame ? frame.events.map((e) => (e as { channel: string }).channel) : [])),
  }
}

const tell = async (subject = crypto.randomUUID()) => {
  await database.inWorkspace(workspace, (tx) => announce(tx, workspace, [{ kind: 'channel.removed', subject }]))
  return subject
}

test('a window that comes while the last one goes hears what is told from then on', async () => {
  let gate: Promise<void> | undefined
  const reader = aReader({
    ...database,
    inWorkspace: async (of, work) => {
      await gate
      return database.inWorkspace(of, work)
    },
  })
  const old = aSocket()
  const leaveOld = await reader.join(old, undefined)
  const cursor = (old.frames[0] as { reset: string }).reset
  const missed = await tell()
  await until(() => old.heard().includes(missed))

  // The new one is still reading what it missed when the old one goes.
  const { promise, resolve: open } = Promise.withResolvers<void>()
  gate = promise
  const fresh = aSocket()
  const joining = reader.join(fresh, cursor)
  leaveOld()
  open()
  const leaveFresh = await joining
  const later = await tell()
  await until(() => fresh.heard().includes(later))
  expect(fresh.heard()).toEqual([missed, later])
  leaveFresh()
})

test('a window that could not be let in leaves nobody reading', async () => {
  let isAway = false
  let reads = 0
  const reader = aReader({
    ...database,
    inWorkspace: async (of, work) => {
      if (isAway) throw new Error('away')
      return database.inWorkspace(of, work)
    },
    look: async (of, work) => {
      reads++
      return database.look(of, work)
    },
  })
  const first = aSocket()
  const leave = await reader.join(first, undefined)
  const cursor = (first.frames[0] as { reset: string }).reset
  const told = await tell()
  await until(() => first.heard().includes(told))
  isAway = true
  await expect(reader.join(aSocket(), cursor)).rejects.toThrow('away')
  leave()
  isAway = false
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = reads
  // Longer than a room lets pass without looking.
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  expect(reads).toBe(before)
})
