/**
 * The playground's own small server, for this machine's browser alone: the page, what stands on the screens, what people do, and a shop's
 * site that carries the visitors' chat from another origin under a strict policy.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Phone } from '#connector-kit/emulator/emulator.ts'
import { Content } from '#contract/message/content.ts'
import { TROUBLES, type Network, type Trouble } from './phones.ts'
import type { ShopChat } from './playground.ts'
import { shopPage } from './shop-words.ts'
import type { Snapshot } from './snapshot.ts'

const LOOK_EVERY_MS = 200
const MOST_BYTES = 24 * 1024 * 1024

const Ref = z.object({ chat: z.string(), id: z.string() })
/** What a person can do with the phone in hand. */
const Act = z.discriminatedUnion('do', [
  z.object({ do: z.literal('start'), token: z.string().optional() }),
  z.object({ do: z.literal('say'), content: Content, replyTo: Ref.optional() }),
  z.object({ do: z.literal('edit'), ref: Ref, content: Content }),
  z.object({ do: z.literal('remove'), ref: Ref }),
  z.object({ do: z.literal('react'), ref: Ref, emoji: z.array(z.string()) }),
  z.object({ do: z.literal('press'), label: z.string() }),
  z.object({ do: z.literal('block'), on: z.boolean() }),
  z.object({ do: z.literal('typing') }),
  z.object({ do: z.literal('read') }),
])
type Act = z.infer<typeof Act>
const Break = z.object({ trouble: z.enum(Object.keys(TROUBLES) as [Trouble, ...Trouble[]]).nullable() })

export async function playgroundServer(deps: {
  networks: ReadonlyMap<string, Network>
  chat(): ShopChat | null
  language: 'en' | 'ru'
  parley: { url(): string; email: string; password: string }
}): Promise<FastifyInstance> {
  const { networks } = deps
  // A page that looks at the screens never goes by itself, and would hold up the end.
  const server = Fastify({ bodyLimit: MOST_BYTES, forceCloseConnections: true })
  const blocked = new Set<Phone>()
  const networkOf = (folder: string): Network => {
    const found = networks.get(folder)
    if (!found) throw Object.assign(new Error(`there is no ${folder} here`), { statusCode: 404 })
    return found
  }

  // Another site's page must not type on these phones, nor a name that was rebound to this machine.
  server.addHook('onRequest', async (request, reply) => {
    const { origin, host = '' } = request.headers
    const isHere = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) && (!origin || origin === `http://${host}`)
    if (!isHere) await reply.code(403).send('This page is for this machine.')
  })

  server.get('/api/screens', (_request, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    let before = ''
    const look = () => {
      const now = JSON.stringify(snapshot())
      if (now === before) return
      before = now
      raw.write(`data: ${now}\n\n`)
    }
    const timer = setInterval(look, LOOK_EVERY_MS)
    raw.on('close', () => clearInterval(timer))
    look()
  })

  server.post<{ Params: { folder: string; name: string } }>('/api/phones/:folder/:name', async (request) => {
    const act = Act.parse(request.body)
    await carryOut(networkOf(request.params.folder).phone(request.params.name), act)
    return {}
  })

  server.post<{ Params: { folder: string } }>('/api/networks/:folder/trouble', async (request) => {
    const { trouble } = Break.parse(request.body)
    const network = networkOf(request.params.folder)
    if (trouble === null) network.mend()
    else network.break(trouble)
    return {}
  })

  const page = await readFile(new URL('./shop/index.html', import.meta.url), 'utf8')
  server.get<{ Querystring: { language?: string } }>('/shop/', async ({ query }, reply) => {
    const chat = deps.chat()
    const from = chat ? new URL(chat.script).origin : ''
    // As strict as a careful shop would have it: the chat must live with this.
    const policy = [
      `default-src 'none'`,
      `style-src 'self'`,
      `script-src ${from}`,
      `connect-src ${from} ${from.replace(/^http/, 'ws')}`,
    ].join('; ')
    const script = chat ? `<script async src="${chat.script}" data-channel="${chat.channel}"></script>` : ''
    return reply
      .header('content-security-policy', policy)
      .type('text/html')
      .send(shopPage(page, languageIn(query.language) ?? deps.language).replace('<!-- chat -->', script))
  })
  await server.register(fastifyStatic, {
    root: fileURLToPath(new URL('./shop/', import.meta.url)),
    prefix: '/shop/',
    index: false,
  })
  await server.register(fastifyStatic, {
    root: fileURLToPath(new URL('../dist/playground/web/', import.meta.url)),
    prefix: '/',
    decorateReply: false,
  })
  return server

  async function carryOut(phone: Phone, act: Act): Promise<void> {
    switch (act.do) {
      case 'start':
        return phone.start(act.token)
      case 'say':
        return void (await phone.say(act.content, act.replyTo))
      case 'edit':
        return phone.edit(act.ref, act.content)
      case 'remove':
        return phone.remove(act.ref)
      case 'react':
        return phone.react(act.ref, act.emoji)
      case 'press':
        return phone.press(act.label)
      case 'typing':
        return phone.typing()
      case 'read':
        return phone.read()
      case 'block':
        if (act.on) blocked.add(phone)
        else blocked.delete(phone)
        return phone.block(act.on)
    }
  }

  function snapshot(): Snapshot {
    return {
      parley: { ...deps.parley, url: deps.parley.url() },
      language: deps.language,
      shop: deps.chat() !== null,
      networks: [...networks.values()].map((network) => ({
        folder: network.folder,
        name: network.manifest.name,
        look: network.look,
        address: addressIn(network.emulator.settings),
        links: network.manifest.links ?? null,
        troubles: network.troubles,
        broken: [...network.broken],
        // A site's visitors sit before the page itself.
        phones: (network.look.kind === 'site' ? [] : network.people).map((name) => {
          const phone = network.phone(name)
          return { name, id: phone.id, blocked: blocked.has(phone), screen: network.screen(name) }
        }),
      })),
    }
  }
}

const languageIn = (asked: string | undefined) => (asked === 'en' || asked === 'ru' ? asked : null)

/** Mail's settings name it; a messenger's people find a channel otherwise. */
function addressIn(settings: unknown): string {
  const { address } = settings as { address?: unknown }
  return typeof address === 'string' ? address : ''
}
