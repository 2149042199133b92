/**
 * The fake platform: customers who talk, webhooks until they are acknowledged, sends received. Honest accounts behave; spiteful ones
 * answer 500 and 429, accept and then cut the wire, tell twice, tell of deliveries before they answer.
 *
 * A chat's messages are told one after the other, as platforms do that promise an order. A customer says a few things before the first
 * is answered and then waits, as people do: what is said is bounded by what leaves, however slow the machine.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SIGNATURE, signatureOf, type Told } from './connectors/network.ts'
import { openJournal, type Journal, type Received } from './journals.ts'
import type { Random } from './random.ts'

export interface AccountOptions {
  readonly name: string
  readonly spiteful: boolean
  /** It folds sends that repeat a key. */
  readonly folds: boolean
}

export interface Platform {
  readonly url: string
  readonly journals: readonly Journal[]
  /** How often webhooks were answered by each status; 0 is no answer. */
  readonly answers: ReadonlyMap<number, number>
  /** Customers begin to talk: this many chats in each account, each pausing up to `pauseMs` between two messages, `ahead` unanswered. */
  talk(options: { chats: number; pauseMs: number; ahead: number; nodes: () => readonly string[] }): void
  /** Customers stop; resolves when what they said is acknowledged. */
  hush(): Promise<void>
  close(): Promise<void>
}

/** Longer than Parley's own limit for a commit. */
const PATIENCE_MS = 4_000
/** An answer may never come (`failed`, `unconfirmed`): the customer speaks again then. Longer than an orphaned send is left alone. */
const SPEAKS_AGAIN_MS = 25_000

/** Platforms come again later and later, though not as late as real ones. */
const MOST_BACK_OFF_MS = 1_500

interface Account extends AccountOptions {
  readonly journal: Journal
  readonly byKey: Map<string, string>
  readonly lastId: Map<string, number>
  /** The last of its words that a chat had answered. */
  readonly answered: Map<string, number>
  /** Chats that say nothing more before this word of theirs is answered. */
  readonly waiting: Map<string, { n: number; heard(): void }>
}

export async function startPlatform(options: {
  port: number
  /** Where the journals lie; those that are there go on. */
  folder: string
  accounts: readonly AccountOptions[]
  random: Random
}): Promise<Platform> {
  const { random } = options
  const accounts = new Map<string, Account>(
    options.accounts.map((account) => [
      account.name,
      remembering({
        ...account,
        journal: openJournal(account.name, join(options.folder, `${account.name}.jsonl`)),
        byKey: new Map(),
        lastId: new Map(),
        answered: new Map(),
        waiting: new Map(),
      }),
    ]),
  )
  let talking = true
  let isClosed = false
  let nodes: () => readonly string[] = () => []
  let turn = 0
  const answers = new Map<number, number>()
  const open: Promise<unknown>[] = []

  const server = createServer((asked, answer) => void serve(asked, answer).catch(() => answer.destroy()))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve)
  })

  // ---------------------------------------------------------------- what Parley asks

  async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    const [, name = '', what = ''] = (asked.url ?? '').split('/')
    const account = accounts.get(name)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, string>
    if (!account) return reply(answer, 404, {})
    if (what === 'register') {
      account.journal.register({ path: new URL(body.url!).pathname, secret: body.secret! })
      return reply(answer, 200, {})
    }
    if (what === 'me') return reply(answer, 200, {})
    return receive(account, body as { chat: string; text: string; key: string }, answer)
  }

  async function receive(
    account: Account,
    sent: { chat: string; text: string; key: string },
    answer: ServerResponse,
  ): Promise<void> {
    const mood = account.spiteful ? random.weighted(MOODS) : 'kind'
    if (mood === 'busy') return reply(answer, 503, { error: 'busy' })
    if (mood === 'throttle') return reply(answer, 429, { error: 'slow down' }, { 'retry-after': '0.3' })
    if (mood === 'lost') return reply(answer, 500, { error: 'lost it' })
    const id = accept(account, sent)
    if (mood === 'tells first') await tell(account, deliveredOf(account, sent.chat, id))
    if (mood === 'slow') await delay(random.between(50, 400))
    if (mood === 'cut') return void answer.destroy()
    if (mood === 'broken') return reply(answer, 502, { error: 'gateway' })
    reply(answer, 200, { id })
    if (account.spiteful && mood === 'kind' && random.chance(0.2))
      open.push(tell(account, deliveredOf(account, sent.chat, id)))
  }

  function accept(account: Account, { chat, text, key }: { chat: string; text: string; key: string }): string {
    const before = account.folds ? account.byKey.get(key) : undefined
    if (before !== undefined) {
      account.journal.fold()
      return before
    }
    const id = nextId(account, chat)
    account.journal.receive({ chat, text, id, key })
    noteReceived(account, { chat, text, id, key })
    return id
  }

  // ---------------------------------------------------------------- what customers do

  async function chatter(account: Account, chat: string, pauseMs: number, ahead: number): Promise<void> {
    const before = account.journal.said.findLast((each) => each.chat === chat)
    for (let n = (before?.n ?? 0) + 1; talking; n++) {
      await answeredUpTo(account, chat, n - ahead)
      if (!talking) return
      const id = nextId(account, chat)
      const said = account.journal.say(chat, n, `${chat} ${n}`, id)
      const told: Told = { key: `${chat} ${id}`, chat, at: Date.now(), id, is: 'said', n, text: said.text }
      if (!(await tell(account, told))) return
      account.journal.acknowledge(said)
      // Told again although it was acknowledged.
      if (account.spiteful && random.chance(0.05)) open.push(tell(account, told))
      await delay(random.between(0, pauseMs))
    }
  }

  async function answeredUpTo(account: Account, chat: string, n: number): Promise<void> {
    if ((account.answered.get(chat) ?? 0) >= n) return
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, SPEAKS_AGAIN_MS)
      account.waiting.set(chat, { n, heard: () => (clearTimeout(patience), resolve()) })
    })
    account.waiting.delete(chat)
  }

  /** Posts to one node after the other until one says 200. @returns false: the platform closed before */
  async function tell(account: Account, told: Told): Promise<boolean> {
    const first = turn++
    for (let tries = 0; !isClosed; tries++) {
      const all = nodes()
      const node = all[(first + tries) % all.length]
      // A spiteful platform may not wait for the answer: the retry is a twin.
      const patience = account.spiteful && tries === 0 && random.chance(0.01) ? 3 : PATIENCE_MS
      const { hook } = account.journal
      const status = node && hook ? await post(`${node}${hook.path}`, told, hook.secret, patience) : 0
      answers.set(status, (answers.get(status) ?? 0) + 1)
      if (status === 200) return true
      // As behind a balancer: whoever does not answer is passed over, and only when nobody does it is later.
      if (!node || tries % all.length === all.length - 1)
        await delay(random.between(20, Math.min(100 * 2 ** tries, MOST_BACK_OFF_MS)))
    }
    return false
  }

  const deliveredOf = (account: Account, chat: string, id: string): Told => ({
    key: `${chat} ${id} delivered`,
    chat,
    at: Date.now(),
    id,
    is: 'delivered',
    n: 0,
    text: '',
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    journals: [...accounts.values()].map(({ journal }) => journal),
    answers,
    talk: ({ chats, pauseMs, ahead, nodes: given }) => {
      nodes = given
      for (const account of accounts.values())
        for (let chat = 0; chat < chats; chat++) open.push(chatter(account, `${account.name}-${chat}`, pauseMs, ahead))
    },
    hush: async () => {
      talking = false
      for (const { waiting } of accounts.values()) for (const { heard } of waiting.values()) heard()
      while (open.length > 0) await open.shift()
    },
    close: async () => {
      talking = false
      isClosed = true
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      for (const { journal } of accounts.values()) journal.close()
    },
  }
}

/** What the journal of a run that was cut short says. */
function remembering(account: Account): Account {
  for (const { chat, id } of account.journal.said) account.lastId.set(chat, Number(id))
  for (const each of account.journal.received) noteReceived(account, each)
  return account
}

function noteReceived(account: Account, { chat, text, id, key }: Received): void {
  account.byKey.set(key, id)
  account.lastId.set(chat, Math.max(account.lastId.get(chat) ?? 0, Number(id)))
  const n = Number(text.slice(text.lastIndexOf(' ')))
  account.answered.set(chat, Math.max(account.answered.get(chat) ?? 0, n))
  const waiting = account.waiting.get(chat)
  if (waiting && waiting.n <= n) waiting.heard()
}

/** How a spiteful account meets a send. */
const MOODS = {
  kind: 80,
  slow: 5,
  'tells first': 5,
  busy: 2,
  throttle: 2,
  // 500 before it was accepted and 502 after: Parley cannot tell them apart.
  lost: 1,
  broken: 1,
  cut: 2,
}

function nextId(account: Account, chat: string): string {
  const id = (account.lastId.get(chat) ?? 0) + 1
  account.lastId.set(chat, id)
  return String(id)
}

function reply(answer: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  answer.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** @returns the status; 0: there was no answer, or not in time */
function post(url: string, told: Told, secret: string, patienceMs: number): Promise<number> {
  const body = JSON.stringify(told)
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', [SIGNATURE]: signatureOf(body, secret) }
    const asked = request(url, { method: 'POST', headers, signal: AbortSignal.timeout(patienceMs) }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.on('error', () => resolve(0))
    })
    asked.on('error', () => resolve(0))
    asked.end(body)
  })
}
