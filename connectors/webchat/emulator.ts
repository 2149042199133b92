/**
 * Visitors of a site. The network is ours, so what is emulated are people: each phone is a browser without a screen that speaks the
 * protocol of `contract/`. They need Parley's address: `meets(webhookUrl)` first. Faults are those of a wire and of a browser.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, Ref } from '#connector-kit/connector.ts'
import type {
  Emulator,
  EmulatorCall,
  EmulatorOptions,
  Never,
  Phone,
  SeenMessage,
  StartEmulator,
} from '#connector-kit/emulator/emulator.ts'
import { noFaults, type Faults } from '#connector-kit/emulator/faults.ts'
import type { Content } from '#contract/message/content.ts'
import { labelOf, type TalkMessage } from '#contract/visitor-talk.ts'
import { sitePage } from './emulator/site-page.ts'
import { visitor, type Visitor } from './emulator/visitor.ts'

export interface VisitorPhone extends Phone {
  /** Another browser of the same visitor session: a second tab, a reload. */
  again(): Promise<Visitor>
  readonly browser: Visitor
  upload(bytes: Uint8Array<ArrayBuffer>, name: string): ReturnType<Visitor['upload']>
}

export interface SiteEmulator extends Emulator {
  readonly settings: { origins: string[] }
  /** Where this site's chat is: the channel's `webhookUrl`. */
  meets(webhookUrl: string): void
  phone(name: string): VisitorPhone
}

/** Faults of servers do not exist here: the server is Parley. */
export const never: Never = {
  throttle: 'the network is ours: sending is a commit',
  server_error: 'the network is ours: sending is a commit',
  slow: 'the network is ours: sending is a commit',
  auth_lost: 'there is nothing to sign in to',
  blocked: 'a visitor leaves, he does not block',
  gone: 'a visitor leaves, he is not deleted',
  html: 'the network is ours',
  changed: 'the network is ours',
  forged: 'nobody stands between a visitor and us; foreign and altered secrets: tests/whole/visitors.db.test.ts',
  reorder: 'each visitor speaks to us himself',
  media_gone: 'files are uploaded to us',
  silent: 'visitors’ sockets reconnect by themselves; tests/whole/visitors.db.test.ts',
}

const start = async ({ port = 0, now = Date.now }: EmulatorOptions = {}): Promise<SiteEmulator> => {
  let hook: string | null = null
  let ahead = 0
  const log: EmulatorCall[] = []
  const faults = noFaults(never)
  const phones: { end(): void }[] = []
  const site = createServer((_, reply) => {
    const page = sitePage(hook)
    reply.writeHead(200, page.headers).end(page.body)
  })
  await new Promise<void>((resolve, reject) => {
    site.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`

  return {
    url,
    settings: { origins: [url] },
    log,
    meets: (webhookUrl) => {
      hook = webhookUrl
    },
    phone: (name) => {
      const made = phoneOf(name, {
        url,
        hook: () => {
          if (!hook) throw new Error('a visitor does not know where Parley is: call meets(webhookUrl) first')
          return hook
        },
        noted: (what, body) => log.push({ at: now() + ahead, what, body }),
        faults,
      })
      phones.push(made)
      return made.phone
    },
    never,
    met: faults.met,
    fault: faults.add,
    calm: faults.calm,
    advance: (ms) => {
      ahead += ms
    },
    close: async () => {
      for (const each of phones) each.end()
      site.closeAllConnections()
      await new Promise<void>((resolve) => site.close(() => resolve()))
    },
  }
}

export default start satisfies StartEmulator

interface Surroundings {
  url: string
  hook(): string
  noted(what: string, body: Json): void
  faults: Faults
}

function phoneOf(name: string, { url, hook, noted, faults }: Surroundings): { phone: VisitorPhone; end(): void } {
  const browsers: Visitor[] = []
  let opening: Promise<Visitor> | undefined
  let browser: Visitor | undefined

  async function open(token?: string): Promise<Visitor> {
    const opened = await visitor({
      hook: hook(),
      origin: url,
      ...(token ? { token } : {}),
      onFrame: (direction, frame) => {
        noted(`${direction} ${(frame as { t: string }).t}`, withoutSecrets(frame))
        // What can befall a browser: its wire breaks.
        if (direction === 'down' && (frame as { t: string }).t === 'entry' && faults.take('cut')) browser?.cut()
      },
    })
    browsers.push(opened)
    return opened
  }

  const here = async (): Promise<Visitor> => {
    opening ??= open().then(async (opened) => {
      browser = opened
      await opened.act({ t: 'form', name })
      return opened
    })
    return opening
  }

  const said = (content: Content) => content.parts
  const mustBeOpen = (): Visitor => {
    if (!browser) throw new Error(`${name} has not opened the chat yet`)
    return browser
  }

  const phone: VisitorPhone = {
    name,
    get id() {
      return mustBeOpen().chats[0]!
    },
    get browser() {
      return mustBeOpen()
    },
    again: async () => open((await here()).token),
    upload: async (bytes, fileName) => (await here()).upload(bytes, fileName),
    start: async (token) => {
      const opened = await here()
      if (token) await opened.act({ t: 'start', link: token })
    },
    say: async (content, replyTo) => {
      const opened = await here()
      const frame = { t: 'send', id: randomUUID(), parts: said(content), ...(replyTo ? { replyTo: replyTo.id } : {}) }
      const id = await opened.act(frame)
      // A browser that never heard the answer says it again: one message all the same.
      if (faults.take('duplicate')) await opened.act(frame)
      return { chat: opened.chats[0]!, id }
    },
    edit: async ({ id }, { parts: [first] }) => {
      await (await here()).act({ t: 'edit', message: id, text: first?.kind === 'text' ? first.text : '' })
    },
    remove: async ({ id }) => void (await (await here()).act({ t: 'delete', message: id })),
    react: async ({ id }, emoji) => void (await (await here()).act({ t: 'react', message: id, emoji })),
    press: async (label) => {
      const opened = await here()
      const offered = opened.thread().toReversed()
      for (const { id, content } of offered) {
        const choice = content.choices?.rows.flat().find((each) => each.label === label)
        if (!choice) continue
        const value = choice.value ?? choice.id
        if (content.choices?.as === 'keyboard')
          await opened.act({ t: 'send', parts: [{ kind: 'text', text: labelOf(content, value), entities: [] }] })
        else await opened.act({ t: 'press', message: id, value })
        return
      }
      throw new Error(`${name} sees no button "${label}"`)
    },
    read: async () => {
      const opened = await here()
      for (const { chat, id, from } of opened.thread())
        if (from === 'team') opened.hint({ t: 'seen', chat, messages: [id], read: true })
    },
    typing: async () => (await here()).hint({ t: 'typing' }),
    // A visitor who wants no more closes the page.
    block: async (on) => {
      if (on) for (const each of browsers) each.cut()
    },
    sees: () => (browser?.thread() ?? []).filter(({ deleted }) => !deleted).map(seen),
  }
  return {
    phone,
    end: () => {
      for (const each of browsers) each.close()
    },
  }
}

function seen({ id, chat, from, content, replyTo, edited, reactions, at }: TalkMessage): SeenMessage {
  const reply: Ref | undefined = replyTo ? { chat, id: replyTo } : undefined
  return {
    ref: { chat, id },
    from: from === 'team' ? 'us' : 'them',
    content,
    ...(reply ? { replyTo: reply } : {}),
    ...(edited ? { edited } : {}),
    reactions: [...reactions.you, ...reactions.team],
    at: Date.parse(at),
  }
}

const withoutSecrets = (frame: Json): Json => {
  const { token, jwt, ...rest } = frame as Record<string, Json>
  return { ...rest, ...(token ? { token: '…' } : {}), ...(jwt ? { jwt: '…' } : {}) }
}
