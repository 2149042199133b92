/**
 * The Bot API's front: `/bot<token>/<method>` and `/file/bot<token>/<path>`.
 *
 * token? → method? → a fault before it? → parameters → run → a fault after it? → envelope
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { EmulatorCall, Fault } from '#connector-kit/emulator/emulator.ts'
import type { Method } from './methods/method.ts'
import { givenTo, readParameters, type RawParameters } from './parameters.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Bot, World } from './world.ts'

export interface Front {
  server: Server
  /** A call that came as the answer to a webhook: done, its result told to nobody. */
  answered(bot: Bot, call: Record<string, unknown>): Promise<void>
}

interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

type Named = Method & { name: string }

export function frontOf(world: World, methods: ReadonlyMap<string, Named>, log: EmulatorCall[]): Front {
  /** Told to slow down until then: a bot, or a bot in one chat. */
  const slowed = new Map<string, number>()

  async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://emulator')
    const path = decodeURIComponent(url.pathname)
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(path)
    if (file) return sendFile(response, file[1]!, file[2]!)
    const media = /^\/media\/([\w-]+)$/.exec(path)
    if (media) return sendBytes(response, world.files.byUniqueId(media[1]!))
    const called = /^\/bot([^/]+)\/(\w+)$/.exec(path)
    if (!called) return send(response, { status: 404, body: failure(404, 'Not Found') })
    await call(request, response, { token: called[1]!, name: called[2]!, query: url.searchParams })
  }

  async function call(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { token: string; name: string; query: URLSearchParams },
  ) {
    const entry: EmulatorCall = { at: world.clock.now(), what: asked.name, body: {} }
    log.push(entry)
    let fault: Fault | undefined
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const answer = await answerOf(async () => {
      const raw = await readParameters(request, asked.query)
      entry.body = scrubbed(raw)
      const bot = botOf(asked.token)
      if (world.faults.take('auth_lost')) refuse(401)
      const method = methods.get(asked.name.toLowerCase()) ?? refuse(404, 'method not found')
      entry.what = method.name
      if (method.isSending) fault = meetFault(raw, bot)
      if (fault?.is === 'cut' && fault.when === 'before') return { status: 0, body: null }
      if (fault?.is === 'html') return { status: 200, body: PAGE }
      if (fault?.is === 'server_error') return brokenServer(fault.status)
      return run(method, bot, raw, gone.signal)
    })
    entry.status = answer.status
    if (fault?.is === 'slow') await world.clock.sleep(fault.seconds * 1000, gone.signal)
    if (fault?.is === 'changed') answer.body = renamed(answer.body)
    if (fault?.is === 'cut') return cut(response, answer, fault.when)
    send(response, answer)
  }

  async function run(method: Named, bot: Bot, raw: RawParameters, signal: AbortSignal): Promise<Answer> {
    let words: string | undefined
    const describe = (description: string) => {
      words = description
    }
    const result = await method.run({ world, bot, given: givenTo(method.takes, raw), signal, describe })
    return { status: 200, body: { ok: true, result, ...(words ? { description: words } : {}) } }
  }

  /** @returns what happens besides; refusals are thrown */
  function meetFault({ values }: RawParameters, { token }: Bot): Fault | undefined {
    const inChat = `${token} ${String(values.chat_id as string)}`
    for (const who of [token, inChat]) {
      const left = Math.ceil(((slowed.get(who) ?? 0) - world.clock.now()) / 1000)
      if (left > 0) refuse(429, `Retry after ${left}`, { retry_after: left })
    }
    const fault = world.faults.take('throttle', 'server_error', 'cut', 'slow', 'blocked', 'gone', 'html', 'changed')
    if (fault?.is === 'blocked') refuse(403, 'Bot was blocked by the user')
    if (fault?.is === 'gone') refuse(403, 'User is deactivated')
    if (fault?.is === 'throttle') {
      const { after, scope = 'channel' } = fault
      if (after === undefined) return refuse(429, 'Retry later')
      slowed.set(scope === 'chat' ? inChat : token, world.clock.now() + after * 1000)
      refuse(429, `Retry after ${after}`, { retry_after: after })
    }
    return fault
  }

  /** Malformed tokens are no path of the server; well-formed ones of nobody are unauthorised. */
  function botOf(token: string): Bot {
    if (!/^\d+:./.test(token)) return refuse(404)
    if (!/^\d{1,20}:[\w-]{1,80}$/.test(token)) return refuse(401, 'Invalid token specified')
    return world.bots.find((bot) => bot.token === token) ?? refuse(401)
  }

  function sendFile(response: ServerResponse, token: string, path: string): void {
    const bot = world.bots.find((each) => each.token === token)
    sendBytes(response, bot && world.files.at(bot.user.id, path))
  }

  return {
    server: createServer((request, response) => {
      answerTo(request, response).catch(() => response.destroy())
    }),
    answered: async (bot, { method: name, ...values }) => {
      const method = typeof name === 'string' ? methods.get(name.toLowerCase()) : undefined
      if (!method || /^(get|setWebhook|deleteWebhook|close|logOut)/i.test(method.name)) return
      const entry: EmulatorCall = { at: world.clock.now(), what: method.name, body: values }
      log.push(entry)
      const signal = AbortSignal.timeout(60_000)
      entry.status = (await answerOf(() => run(method, bot, { values, files: new Map() }, signal))).status
    },
  }
}

async function answerOf(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message, parameters } = error
    const headers = parameters?.retry_after === undefined ? {} : { 'retry-after': String(parameters.retry_after) }
    return { status: code, body: failure(code, message, parameters), headers }
  }
}

const failure = (code: number, description: string, parameters?: Refusal['parameters']) => ({
  ok: false,
  error_code: code,
  description,
  ...(parameters ? { parameters } : {}),
})

/** 500 comes from the API itself, the others from what stands in front of it. */
const brokenServer = (status: 500 | 502 | 503 | 504): Answer =>
  status === 500
    ? { status, body: failure(500, 'Internal Server Error') }
    : { status, body: `<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>nginx</body></html>` }

const PAGE =
  '<!doctype html><html><head><title>Sign in to the network</title></head><body>Please sign in.</body></html>'

/** What a change of the API would look like. */
function renamed(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replaceAll('"message_id"', '"msg_id"'))
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (response.destroyed) return
  const text = encoded(body)
  const type = typeof body === 'string' ? 'text/html' : 'application/json'
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}

function cut(response: ServerResponse, { status, body }: Answer, when: 'before' | 'after' | 'inside'): void {
  if (when !== 'inside') return void response.destroy()
  const text = encoded(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, text.length / 2), () => response.destroy())
}

const encoded = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

function sendBytes(response: ServerResponse, file: { bytes: Buffer; type: string } | undefined): void {
  if (!file) return send(response, { status: 404, body: failure(404, 'Not Found') })
  // The server of files knows little of them: types are taken from messages.
  response
    .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length })
    .end(file.bytes)
}

function scrubbed({ values, files }: RawParameters): Record<string, unknown> {
  const { secret_token: secret, ...rest } = values
  const shown = [...files].map(([name, { name: fileName, type, bytes }]) => [
    name,
    { name: fileName, type, bytes: bytes.length },
  ])
  return { ...rest, ...(secret === undefined ? {} : { secret_token: '…' }), ...Object.fromEntries(shown) }
}
