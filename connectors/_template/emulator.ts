/**
 * A strict small NAME server. What stands here is a network that nobody has: write it anew from the vendor's pages, without a look at the
 * connector. It refuses what the real one refuses, and breaks as `fault` says.
 */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { EmulatorCall, Never, Phone, SeenMessage, StartEmulator } from '#connector-kit/emulator/emulator.ts'
import { noFaults } from '#connector-kit/emulator/faults.ts'
import { plain } from '#contract/message/content.ts'

export const never: Never = { media_gone: 'nothing but text is known there' }

const TOKEN = 'emulated-token'
const LONGEST = 1000

interface Asked {
  to?: string
  text?: string
  url?: string
  secret?: string
  after?: number
}

/** Status, body, headers; `cut`: of this many bytes the wire breaks. */
interface Told {
  status: number
  body: unknown
  headers?: Record<string, string>
  cut?: number
}

const start: StartEmulator = async ({ port = 0, now = Date.now } = {}) => {
  const faults = noFaults(never)
  const log: EmulatorCall[] = []
  const phones = new Map<string, Phone & { screen: SeenMessage[]; blocks: boolean }>()
  const events: { id: string; chat: string }[] = []
  const held: (typeof events)[number][] = []
  let hook: { url: string; secret: string } | undefined
  let ahead = 0
  let messages = 0

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const asked = JSON.parse(await text(request)) as Asked
    // Used up by what a member sends alone: a poll must not take it away.
    const isOut = path === '/messages' ? faults.take('auth_lost') : faults.isOn('auth_lost')
    const told =
      request.headers.authorization === `Bearer ${TOKEN}` && !isOut
        ? await (CALLS[path]?.(asked) ?? { status: 404, body: { error: 'no such call' } })
        : { status: 401, body: { error: 'who are you?' } }
    log.push({ at: now() + ahead, what: path, body: asked, status: told.status })
    const body = typeof told.body === 'string' ? told.body : JSON.stringify(told.body)
    response.writeHead(told.status, { 'content-type': 'application/json', ...told.headers })
    if (told.cut === undefined) response.end(body)
    else response.write(body.slice(0, told.cut), () => setTimeout(() => response.destroy(), 20))
  }

  const CALLS: Readonly<Record<string, (asked: Asked) => Told | Promise<Told>>> = {
    '/me': () => ({ status: 200, body: { id: 'us', name: 'Shop' } }),
    '/webhook': (asked) => {
      hook = { url: asked.url!, secret: asked.secret! }
      return { status: 200, body: {} }
    },
    '/events': ({ after = 0 }) => ({ status: 200, body: { events: events.slice(after), next: events.length } }),
    '/messages': send,
  }

  async function send({ to = '', text: words = '' }: Asked): Promise<Told> {
    const fault = faults.take('throttle', 'server_error', 'cut', 'slow', 'blocked', 'gone', 'html', 'changed')
    const phone = phones.get(to)
    if (fault?.is === 'throttle')
      return {
        status: 429,
        body: { error: 'slow down' },
        headers: fault.after ? { 'retry-after': `${fault.after}` } : {},
      }
    if (fault?.is === 'server_error') return { status: fault.status, body: { error: 'trouble' } }
    if (fault?.is === 'cut' && fault.when === 'before') return { status: 200, body: '', cut: 0 }
    if (fault?.is === 'html') return { status: 200, body: '<html><body>Maintenance</body></html>' }
    if (fault?.is === 'gone' || !phone) return { status: 404, body: { error: 'nobody is there' } }
    if (fault?.is === 'blocked' || phone.blocks) return { status: 403, body: { error: 'blocked' } }
    if (words.length === 0 || words.length > LONGEST)
      return { status: 400, body: { error: 'text has 1 to 1000 letters' } }
    if (fault?.is === 'slow') await delay(fault.seconds * 1000)
    const id = String(++messages)
    phone.screen.push({ ref: { chat: to, id }, from: 'us', content: plain(words), reactions: [], at: now() + ahead })
    if (fault?.is === 'changed') return { status: 200, body: { message_id: id } }
    if (fault?.is === 'cut') return { status: 200, body: { id }, cut: fault.when === 'inside' ? 4 : 0 }
    return { status: 200, body: { id } }
  }

  /** To us: by the webhook, or kept for whoever polls. */
  async function tell(event: (typeof events)[number]): Promise<void> {
    if (faults.isOn('silent')) {
      if (held.push(event) === 1) faults.onCalm(release)
      return
    }
    if (faults.take('reorder')) return void held.push(event)
    if (faults.take('forged')) await knock({ ...event, id: `${event.id}-forged` }, 'not the secret')
    const times = faults.take('duplicate') ? 2 : 1
    for (let time = 0; time < times; time++) {
      events.push(event)
      await knock(event)
    }
    release()
  }

  function release(): void {
    for (const event of held.splice(0)) void tell(event)
  }

  /** Again until it is taken, as networks do. */
  async function knock(event: object, secret = hook?.secret): Promise<void> {
    if (!hook || !secret) return
    const body = JSON.stringify(event)
    const headers = {
      'content-type': 'application/json',
      'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
    }
    for (let tries = 0; tries < 50; tries++) {
      const status = await fetch(hook.url, { method: 'POST', headers, body }).then(
        (response) => response.status,
        () => 0,
      )
      if (status === 200 || secret !== hook.secret) return
      await delay(200)
    }
  }

  function phone(name: string): Phone {
    const known = [...phones.values()].find((each) => each.name === name)
    if (known) return known
    const id = String(phones.size + 1)
    const screen: SeenMessage[] = []
    const added = {
      name,
      id,
      screen,
      blocks: false,
      start: async () => {},
      say: async (content: SeenMessage['content']) => {
        const [part] = content.parts
        const ref = { chat: id, id: String(++messages) }
        screen.push({ ref, from: 'them', content, reactions: [], at: now() + ahead })
        const at = Math.floor((now() + ahead) / 1000)
        await tell({ id: ref.id, chat: id, from: id, at, text: part?.kind === 'text' ? part.text : '' } as never)
        return ref
      },
      edit: hasNone('edits'),
      remove: hasNone('deletions'),
      react: hasNone('reactions'),
      press: hasNone('buttons'),
      read: hasNone('receipts'),
      typing: hasNone('typing'),
      block: async (on: boolean) => void (added.blocks = on),
      sees: () => screen,
    }
    phones.set(id, added)
    return added
  }

  const hasNone = (what: string) => () => Promise.reject(new Error(`this network has no ${what}`))

  return {
    url,
    settings: { token: TOKEN, apiUrl: url },
    log,
    phone,
    never,
    met: faults.met,
    fault: faults.add,
    calm: faults.calm,
    advance: (ms) => void (ahead += ms),
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export default start
