import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { keptSession } from './kept-session.ts'

function aServer() {
  const clients: (EventEmitter & { ended: number })[] = []
  const session = async () => {
    const client = Object.assign(new EventEmitter(), { ended: 0, end: async () => void client.ended++ })
    clients.push(client)
    return client as unknown as pg.Client
  }
  return { clients, session }
}

test('all use one connection, and after it broke all use the next', async () => {
  const { clients, session } = aServer()
  const kept = keptSession({ session }, async (client) => ({ client }))
  const [one, other] = await Promise.all([kept.use(), kept.use()])
  expect([one, clients.length]).toEqual([other, 1])
  clients[0]!.emit('error', new Error('broken'))
  expect([(await kept.use()) === one, clients.length]).toEqual([false, 2])
})

test('one that broke is ended, and what it tells later does not forget the next one', async () => {
  const { clients, session } = aServer()
  const kept = keptSession({ session }, async () => ({}))
  await kept.use()
  clients[0]!.emit('error', new Error('broken'))
  const next = await kept.use()
  clients[0]!.emit('error', new Error('broken again'))
  clients[0]!.emit('end')
  expect(await kept.use()).toBe(next)
  await kept.close()
  expect(clients.map(({ ended }) => ended > 0)).toEqual([true, true])
})

test('one that could not be made ready is ended, and the next try opens another', async () => {
  const { clients, session } = aServer()
  const kept = keptSession({ session }, async () => {
    if (clients.length === 1) throw new Error('not ready')
  })
  await expect(kept.use()).rejects.toThrow('not ready')
  await kept.use()
  expect(clients.map(({ ended }) => ended)).toEqual([1, 0])
})

test('what is to be done last is done before the end, and nothing where none is open', async () => {
  const { clients, session } = aServer()
  const kept = keptSession({ session }, async (client) => client)
  const last: number[] = []
  const note = async () => void last.push(clients[0]!.ended)
  await kept.close(note)
  await kept.use()
  await kept.close(note)
  expect([last, clients[0]!.ended]).toEqual([[0], 1])
})
