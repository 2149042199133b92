import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Database } from '#server/platform/database.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { startFetching } from './fetch-files.ts'

const { database, asOwner } = await aDatabase()

/** Platforms that give each file when they are told to; `slow` ones never do. Those of a `line` come over one, which never ends. */
function fetchingFrom(workspaces: readonly WorkspaceId[]) {
  const asked: string[] = []
  let most = 0
  let atOnce = 0
  const fetching = startFetching({
    database,
    workspaces: async () => [...workspaces],
    hints: inProcessHints(),
    log: silentLog,
    channels: {
      get: async (id: ChannelId) => ({
        id,
        settings: {},
        kept: new Map(),
        abilities: {},
        connector: { manifest: { hosts: [] }, asks: { file: fileAt } },
      }),
    },
    http: {
      download: async ({ url, signal }: { url: string; signal: AbortSignal }) => {
        asked.push(url)
        most = Math.max(most, ++atOnce)
        await delay(url.startsWith('slow') ? 60_000 : 5, undefined, { signal }).finally(() => atOnce--)
        return { status: 200, body: Readable.from([]) }
      },
    },
    lines: {
      fetch: async (_: ChannelId, name: string) => {
        asked.push(name)
        return name === 'line that is silent' ? new Promise<Readable>(() => {}) : Readable.from(halfAFile())
      },
    },
    wireOf: () => async () => {},
    files: {
      put: async (_: WorkspaceId, source: Readable) => {
        await source.toArray()
        return {}
      },
    },
  } as unknown as Parameters<typeof startFetching>[0])
  onTestFinished(fetching.close)
  return { asked, most: () => most, close: fetching.close }
}

// eslint-disable-next-line require-yield -- it asks nothing: the platform's id is the address
function* fileAt(url: string) {
  return url.startsWith('line') ? { frame: url } : { url }
}

async function* halfAFile() {
  yield Buffer.from('half')
  await new Promise(() => {})
}

/** A channel for which these are due, the first one longest. */
async function aChannelWith(workspace: WorkspaceId, files: readonly string[], from: Database = database) {
  const channel = await aChannel(from, workspace)
  await from.inWorkspace(workspace, (tx) =>
    sql`insert into file_fetch (workspace_id, id, channel_id, remote, ready_at)
        select ${workspace}, gen_random_uuid(), ${channel.id}, name, now() - interval '1 hour' + no * interval '1 second'
          from unnest(${files}::text[]) with ordinality as f (name, no)`.execute(tx),
  )
}

const named = (name: string, many: number) => Array.from({ length: many }, (_, no) => `${name} ${no}`)
const fast = (asked: readonly string[]) => asked.filter((url) => !url.startsWith('slow')).toSorted()

test('a platform that gives its files slowly keeps no other channel waiting, nor another workspace', async () => {
  const [one, other] = [await aWorkspace(database), await aWorkspace(database)]
  await aChannelWith(one, named('slow', 30))
  await aChannelWith(one, named('here', 10))
  await aChannelWith(other, named('there', 10))
  const { asked } = fetchingFrom([one, other])
  await until(() => fast(asked).length === 20, 5_000)
  expect(fast(asked)).toEqual([...named('here', 10), ...named('there', 10)])
})

test('nor do four such platforms, which could take every place there is', async () => {
  const [one, other] = [await aWorkspace(database), await aWorkspace(database)]
  for (const name of ['slow a', 'slow b', 'slow c', 'slow d']) await aChannelWith(one, named(name, 30))
  await aChannelWith(one, named('here', 10))
  await aChannelWith(other, named('there', 10))
  const { asked } = fetchingFrom([one, other])
  await until(() => fast(asked).length === 20, 10_000)
  expect(fast(asked)).toEqual([...named('here', 10), ...named('there', 10)])
  // Four of each channel are on their way, however slowly.
  await until(() => asked.length - fast(asked).length === 16, 10_000)
})

test('a workspace of slow platforms has so many files on their way and no more; another one’s come', async () => {
  const [one, other] = [await aWorkspace(database), await aWorkspace(database)]
  for (const name of named('slow', 10)) await aChannelWith(one, named(name, 10))
  await aChannelWith(other, named('there', 10))
  const { asked, most } = fetchingFrom([one, other])
  await until(() => most() === 32, 20_000)
  await until(() => fast(asked).length === 10, 10_000)
  await delay(3_000)
  expect(asked.length - fast(asked).length).toBe(32)
})

test('one slow file of a channel lets the next ones pass', async () => {
  const workspace = await aWorkspace(database)
  await aChannelWith(workspace, ['slow', ...named('file', 20)])
  const { asked } = fetchingFrom([workspace])
  await until(() => fast(asked).length === 20, 5_000)
  expect(new Set(asked).size).toBe(asked.length)
})

test('workspaces take turns, however much one of them has', async () => {
  const [one, other] = [await aWorkspace(database), await aWorkspace(database)]
  await aChannelWith(one, named('many', 200))
  await aChannelWith(other, named('few', 3))
  const { asked } = fetchingFrom([one, other])
  await until(() => asked.filter((url) => url.startsWith('few')).length === 3, 5_000)
  expect(asked.length).toBeLessThan(20)
})

test('so many channels as there may be: only a few files come at once', async () => {
  const workspace = await aWorkspace(database)
  for (const channel of ['a', 'b', 'c', 'd', 'e']) await aChannelWith(workspace, named(channel, 10))
  const { asked, most } = fetchingFrom([workspace])
  await until(() => asked.length === 50, 5_000)
  expect(most()).toBeLessThanOrEqual(12)
})

test('a file that was on its way when the program stopped is due again at once, and no try of it is counted', async () => {
  const workspace = await aWorkspace(database)
  await aChannelWith(workspace, ['slow'])
  const { asked, close } = fetchingFrom([workspace])
  await until(() => asked.length === 1)
  await close()
  const { rows } = await database.inWorkspace(workspace, (tx) =>
    sql`select tries, ready_at <= now() as due from file_fetch where workspace_id = ${workspace}`.execute(tx),
  )
  expect(rows).toEqual([{ tries: 0, due: true }])
})

test.each(['line that is silent', 'line that stops in the middle'])(
  'a fetch over a %s ends when it shall',
  async (name) => {
    const workspace = await aWorkspace(database)
    await aChannelWith(workspace, [name])
    const { asked, close } = fetchingFrom([workspace])
    await until(() => asked.length === 1)
    const closed = await Promise.race([close().then(() => true), delay(2_000)])
    expect(closed).toBe(true)
  },
)

test('of a table that the database takes for empty each file is claimed by itself, too', async () => {
  await asOwner('delete from file_fetch')
  await asOwner('vacuum analyze file_fetch')
  const workspace = await aWorkspace(database)
  await aChannelWith(workspace, named('file', 20))
  const { asked } = fetchingFrom([workspace])
  await until(() => asked.length === 20, 5_000)
  expect(new Set(asked).size).toBe(20)
})
