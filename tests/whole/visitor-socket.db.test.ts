/** A visitor's socket says one fixed thing to whatever it does not know, and closes: nothing of anybody else is in it. */
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { visitor } from '#connectors/webchat/emulator/visitor.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const SITE = 'https://shop.example'
const parley = await wholeParley()
const channel = await parley.owner.call(createChannel, {
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

test('a frame of a megabyte and one of bytes close it without a word, and other visitors talk on', async () => {
  const ann = await visitor({ hook, origin: SITE })
  expect(await saying('x'.repeat(1024 * 1024))).toEqual({ heard: [], code: 1009 })
  expect(await saying(Buffer.from('{"t":"ping"}'))).toEqual({ heard: [], code: 1009 })
  await ann.act({ t: 'send', parts: [{ kind: 'text', text: 'still here', entities: [] }] })
  ann.close()
})
