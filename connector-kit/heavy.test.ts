/** A parser that hangs or eats memory loses its thread, and nobody else notices. */
import { afterAll, expect, test } from 'vitest'
import type { Context, Event } from './connector.ts'
import { incomingReader } from './heavy.ts'
import { loadConnector } from './load.ts'
import { ApiChanged } from './send-error.ts'

const ROOT = new URL('./testdata/connectors/', import.meta.url)
const FOLDER = 'heavy-pigeon'
const connector = await loadConnector(ROOT, FOLDER)
const reader = incomingReader(ROOT)
afterAll(() => reader.close())

const context: Context<unknown> = {
  channel: 'c',
  secret: '',
  settings: {},
  me: { id: 'us', name: 'Us' },
  kept: {},
  now: new Date(0),
  publicUrl: () => '',
}
const event = (does: string): Event => ({ key: '1', lane: '1', body: { does } })
const read = (does: string) => reader.read(FOLDER, connector, event(does), context)

test('an event is read in the thread as it would be here', async () => {
  expect(await read('sing')).toEqual([{ is: 'unknown', what: 'sing' }])
})

test('a parser that hangs is stopped after 5 s; the next event is read by a fresh thread', async () => {
  const hanging = read('hang')
  const next = read('sing')
  await expect(hanging).rejects.toThrow('5 s')
  expect(await next).toEqual([{ is: 'unknown', what: 'sing' }])
}, 30_000)

test('one that eats memory ends alone', async () => {
  // On a busy machine its 5 s may end first.
  await expect(read('eat')).rejects.toThrow(/memory|ended|5 s/)
  expect(await read('sing')).toEqual([{ is: 'unknown', what: 'sing' }])
}, 30_000)

test('ApiChanged comes across as itself, anything else as an error with its words', async () => {
  await expect(read('change')).rejects.toBeInstanceOf(ApiChanged)
  const error: unknown = await read('throw').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ message: 'a mistake of ours' })
  expect(error).not.toBeInstanceOf(ApiChanged)
})

test('bytes that came inside the event come across', async () => {
  const carried = await reader.carried(FOLDER, connector, event('sing'), 'part 2', context)
  expect(new TextDecoder().decode(carried!.bytes)).toBe('part 2')
})

test('a file waits for one reading at most, however many wait', async () => {
  const came: string[] = []
  const note = (what: string) => () => came.push(what)
  await Promise.all([
    read('sing').then(note('first')),
    ...['second', 'third', 'fourth'].map((nth) => read('sing').then(note(nth))),
    reader.carried(FOLDER, connector, event('sing'), 'part 2', context).then(note('file')),
    reader.carried(FOLDER, connector, event('sing'), 'part 3', context).then(note('another file')),
  ])
  expect(came).toEqual(['first', 'file', 'second', 'another file', 'third', 'fourth'])
})

test('a file that nobody waits for any more is not looked for', async () => {
  const stop = new AbortController()
  const lookedFor = await read('count')
  const before = read('sing')
  const carried = reader.carried(FOLDER, connector, event('sing'), 'part 2', context, stop.signal)
  stop.abort(new Error('too late'))
  await expect(carried).rejects.toThrow('too late')
  await before
  await expect(reader.carried(FOLDER, connector, event('sing'), 'part 2', context, stop.signal)).rejects.toThrow(
    'too late',
  )
  expect(await read('count')).toEqual(lookedFor)
})

test('closing waits neither for what hangs nor for what waits behind it', async () => {
  const closing = incomingReader(ROOT)
  const ask = (does: string) => closing.read(FOLDER, connector, event(does), context)
  await ask('sing')
  const asked = [ask('hang'), ask('hang'), ask('sing'), closing.carried(FOLDER, connector, event('sing'), '2', context)]
  const ends = Promise.allSettled(asked)
  const began = performance.now()
  await closing.close()
  expect((await ends).map(({ status }) => status)).toEqual(asked.map(() => 'rejected'))
  expect(performance.now() - began).toBeLessThan(3_000)
  await expect(ask('sing')).rejects.toThrow('stops')
}, 30_000)

test('a light connector’s small event is read in place, its large one in the thread', async () => {
  const { heavy: _, ...light } = connector
  const inPlace = { ...light, incoming: () => [{ is: 'unknown' as const, what: 'in place' }] }
  expect(await reader.read(FOLDER, inPlace, event('sing'), context)).toEqual([{ is: 'unknown', what: 'in place' }])
  const large: Event = { key: '1', lane: '1', body: { does: 'sing', more: 'x'.repeat(70_000) } }
  expect(await reader.read(FOLDER, inPlace, large, context)).toEqual([{ is: 'unknown', what: 'sing' }])
})
