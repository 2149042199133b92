import { expect, onTestFinished, test } from 'vitest'
import type { Incoming } from '#connector-kit/connector.ts'
import type { ChannelId, InboundId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { WorkRow } from './claim.ts'
import { rowReader } from './read-rows.ts'

const SITE = 'site' as ChannelId
const MAIL = 'mail' as ChannelId
const CHANNELS = new Map(
  [{ id: SITE }, { id: MAIL, heavy: true }].map(({ id, ...connector }) => [
    id,
    { id, connector } as unknown as LiveChannel,
  ]),
)
const LARGE = 'x'.repeat(70_000)

/** A reader of events that are named by channel, lane and number: `mail/ann/1`; those that hang do so until they are let go. */
function aReader(hangs: (name: string) => boolean = () => false) {
  const names: string[] = []
  const fetched: string[] = []
  const begun: string[] = []
  const hanging: (() => void)[] = []
  const letGo = () => {
    for (const go of hanging.splice(0)) go()
  }
  onTestFinished(letGo)
  const readRows = rowReader(async (_, { key }): Promise<Incoming[]> => {
    begun.push(key)
    if (hangs(key)) await new Promise<void>((resolve) => hanging.push(resolve))
    return []
  })
  const rowOf = (name: string): WorkRow => {
    const [channel, lane] = name.split('/')
    if (!names.includes(name)) names.push(name)
    const row = {
      channel,
      lane: `${channel}/${lane}`,
      inbound: name,
      pos: names.indexOf(name),
      tries: 0,
      overdue: false,
    }
    return row as unknown as WorkRow
  }
  return {
    begun,
    letGo,
    /** What became of the rows of a batch, and which bodies were fetched for it. */
    batch: async (...asked: string[]) => {
      fetched.length = 0
      const read = await readRows(asked.map(rowOf), CHANNELS, async (ids) => {
        fetched.push(...ids)
        return new Map(
          ids.map((id) => [
            id as InboundId,
            { event: { key: id, lane: '', body: id.includes('large') ? LARGE : '' }, receivedAt: new Date() },
          ]),
        )
      })
      const of = (rows: readonly WorkRow[]) => rows.map(({ inbound }) => String(inbound))
      const { late, waiting, rows, cut } = read
      return { read: of(rows), late: of(late), waiting: of(waiting), cut, fetched: [...fetched] }
    },
  }
}

test('of a channel two are read beside batches; the next ones are left unfetched, each lane in its order; other channels go on', async () => {
  const { batch, begun, letGo } = aReader((name) => name.startsWith('mail/h'))
  const rest = ['mail/ann/1', 'mail/ann/2', 'site/eve/1', 'site/eve/2']
  expect(await batch('mail/h1/1', 'mail/h1/2', 'mail/h2/1', ...rest)).toMatchObject({
    late: ['mail/h1/1'],
    cut: true,
    fetched: ['mail/h1/1'],
  })
  expect(await batch('mail/h1/1', 'mail/h1/2', 'mail/h2/1', ...rest)).toMatchObject({
    late: ['mail/h1/1', 'mail/h2/1'],
    waiting: ['mail/ann/1'],
    cut: true,
    fetched: ['mail/h2/1'],
  })
  expect(await batch('mail/h1/1', 'mail/h1/2', 'mail/h2/1', ...rest)).toEqual({
    read: ['site/eve/1', 'site/eve/2'],
    late: ['mail/h1/1', 'mail/h2/1'],
    waiting: ['mail/ann/1'],
    cut: false,
    fetched: ['site/eve/1', 'site/eve/2'],
  })
  letGo()
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(await batch('mail/h1/1', 'mail/h1/2', 'mail/h2/1', ...rest)).toMatchObject({
    read: ['mail/h1/1'],
    late: ['mail/h1/2'],
  })
  expect(begun.filter((name) => name === 'mail/h1/1')).toHaveLength(1)
})

test('a large event of a light channel waits likewise, and is not fetched again meanwhile', async () => {
  const { batch, letGo } = aReader((name) => name.includes('hangs'))
  await batch('site/a/large hangs')
  await batch('site/b/large hangs')
  const others = ['site/c/large', 'site/d/small']
  expect(await batch(...others)).toMatchObject({ read: ['site/d/small'], waiting: ['site/c/large'], fetched: others })
  expect(await batch(...others)).toMatchObject({ waiting: ['site/c/large'], fetched: ['site/d/small'] })
  letGo()
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(await batch(...others)).toMatchObject({ read: others, waiting: [] })
})

test('small events are fetched in portions', async () => {
  const { batch } = aReader()
  const names = Array.from({ length: 100 }, (_, number) => `site/ann/${number}`)
  expect(await batch(...names)).toEqual({ read: names, late: [], waiting: [], cut: false, fetched: names })
})
