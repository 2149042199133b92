/**
 * The playground: one page of fake phones, so that everything can be tried without a token. Behind the phones stand the connectors' own
 * emulators, real servers on this machine; Parley talks to them as it talks to the platforms and never knows.
 *
 * page (web/) ── acts ──▶ server.ts ──▶ phones.ts ──▶ emulators ◀── Parley
 *      ◀── screens, as they change ──┘
 */
import type { AddressInfo } from 'node:net'
import { openPhones, type Network } from './phones.ts'
import { playgroundServer } from './server.ts'

export interface PlaygroundOptions {
  /** Of the page; the emulators take the ports behind it. 0 = free ones. */
  port: number
  /** Who has a phone, first the one shown. */
  people: readonly string[]
  language: 'en' | 'ru'
  /** What the page says of Parley: where it is, once that is known, and how to sign in. */
  parley: { url(): string; email: string; password: string }
}

export interface Playground {
  readonly url: string
  readonly networks: ReadonlyMap<string, Network>
  /** `host:port` of every emulator: what Parley may reach although it is private. */
  readonly hosts: readonly string[]
  /** The site that carries the visitors' chat, once its script is known. */
  putChatOnShop(snippet: ShopChat): void
  close(): Promise<void>
}

/** What a site needs to carry the chat: the script's address and the channel. */
export interface ShopChat {
  script: string
  channel: string
}

export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const networks = await openPhones(options)
  let chat: ShopChat | null = null
  const server = await playgroundServer({ ...options, networks, chat: () => chat })
  await server.listen({ host: '127.0.0.1', port: options.port })
  const { port } = server.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    networks,
    hosts: [...networks.values()].flatMap(({ emulator }) => hostsIn(emulator.settings)),
    putChatOnShop: (snippet) => {
      chat = snippet
    },
    close: async () => {
      await server.close()
      await Promise.all([...networks.values()].map(({ emulator }) => emulator.close()))
    },
  }
}

/** Every address that settings name: URLs, and objects of host and port. */
function hostsIn(settings: unknown): string[] {
  if (typeof settings === 'string') {
    const url = /^https?:\/\//.test(settings) ? new URL(settings) : null
    return url ? [`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`] : []
  }
  if (typeof settings !== 'object' || settings === null) return []
  const { host, port } = settings as { host?: unknown; port?: unknown }
  const own = typeof host === 'string' && typeof port === 'number' ? [`${host}:${port}`] : []
  return [...own, ...Object.values(settings).flatMap(hostsIn)]
}
