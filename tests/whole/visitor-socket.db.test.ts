/**
 * A visitor's socket says one fixed thing to whatever it does not know, and closes: nothing of anybody else is in it. An act is refused
 * by its name, which is the browser's own.
 */
import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { createChannel, removeChannel } from '#contract/calls/channels.ts'
import { visitor } from '#connectors/webchat/emulator/visitor.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const SITE = 'https://shop.example'
const parley = await wholeParley()
const { owner } = parley
const channel = await owner.call(createChannel, {
  body: { connector: 'webchat', name: 'Site', settings: { origins: [SITE] } },
})
const hook = `${parley.url}/hooks/${channel.id}`

/** Says it after a good hello. @returns what was heard but the welcome, and how the socket was closed */
async function saying(frame: string | Buffer): Promise<{ heard: unknown[]; code: number }> {
  const socket = new WebSocket(`${hook.replace(/^http/, 'ws')}/socket`, { headers: { origin: SITE } })
  const heard: unknown[] = []
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('{"t":"hello"}'))
    socket.on('message', (data: Buffer) => {
      const told = JSON.parse(data.toString()) as { t: string }
      if (told.t === 'welcome') socket.send(frame)
      else heard.push(told)
    })
    socket.on('close', (code) => resolve({ heard, code }))
    socket.on('error', reject)
  })
}

const REFUSED = { heard: [{ t: 'refused', status: 400 }], code: 4400 }

test.each(
  Object.entries({
    'no JSON': 'hello',
    nothing: '',
    'a list': '[]',
    'a frame that nobody knows': '{"t":"subscribe","to":"everything"}',
    'a thousand at once': JSON.stringify(Array.from({ length: 1_000 }, (_, n) => ({ t: 'subscribe', to: n }))),
    'the key of every object': '{"__proto__":{"t":"ping"}}',
    constructor: '{"t":"constructor"}',
    'the kind of every object': '{"t":"toString"}',
    'brackets without end': '['.repeat(30_000),
  }),
)('%s: one fixed answer, and closed', async (_, frame) => {
  expect(await saying(frame)).toEqual(REFUSED)
})

const ACT = 'an-act-of-mine'
const text = (words: string) => ({ kind: 'text', text: words, entities: [] })

const BAD_ACTS: [string, object, number][] = [
  ['that cannot be said', { t: 'send', parts: [text('x'.repeat(4_001))] }, 400],
  ['in a chat of somebody else', { t: 'send', chat: 'v:somebody', parts: [text('hello')] }, 404],
  [
    'with a file that he has not uploaded',
    { t: 'send', parts: [{ kind: 'file', source: { file: randomUUID() }, type: 'text/csv', name: 'a', bytes: 1 }] },
    404,
  ],
]

test.each(BAD_ACTS)('an act %s is refused by its name, by socket and by plain request', async (_, act, status) => {
  const frame = JSON.stringify({ id: ACT, ...act })
  const socket = new WebSocket(`${hook.replace(/^http/, 'ws')}/socket`, { headers: { origin: SITE } })
  const heard: unknown[] = []
  socket.on('open', () => socket.send('{"t":"hello"}'))
  socket.on('message', (data: Buffer) => {
    const told = JSON.parse(data.toString()) as { t: string }
    if (told.t === 'welcome') socket.send(frame)
    heard.push(told)
  })
  await until(() => heard.length > 1)
  socket.terminate()
  const [welcome, refused] = heard as [{ token: string }, object]
  expect(refused).toEqual({ t: 'refused', status, id: ACT })

  const response = await fetch(`${hook}/frame`, {
    method: 'POST',
    headers: { origin: SITE, 'content-type': 'application/json', authorization: `Bearer ${welcome.token}` },
    body: frame,
  })
  expect([response.status, await response.json()]).toMatchObject([status, { values: { act: ACT } }])
})

test('of a channel that was removed no act is refused by its name: it may come back', async () => {
  const { id } = await owner.call(createChannel, {
    body: { connector: 'webchat', name: 'For a while', settings: { origins: [SITE] } },
  })
  const socket = new WebSocket(`${parley.url.replace(/^http/, 'ws')}/hooks/${id}/socket`, { headers: { origin: SITE } })
  const heard: { t: string }[] = []
  socket.on('open', () => socket.send('{"t":"hello"}'))
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as { t: string }))
  await until(() => heard.length > 0)
  await owner.call(removeChannel, { params: { id } })
  socket.send(JSON.stringify({ t: 'send', id: ACT, parts: [text('anybody?')] }))
  await until(() => heard.length > 1)
  socket.terminate()
  expect(heard[1]).toEqual({ t: 'refused', status: 404 })
})

test('a frame of a megabyte and one of bytes close it without a word, and other visitors talk on', async () => {
  const ann = await visitor({ hook, origin: SITE })
  expect(await saying('x'.repeat(1024 * 1024))).toEqual({ heard: [], code: 1009 })
  expect(await saying(Buffer.from('{"t":"ping"}'))).toEqual({ heard: [], code: 1009 })
  await ann.act({ t: 'send', parts: [{ kind: 'text', text: 'still here', entities: [] }] })
  ann.close()
})
