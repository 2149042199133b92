/** A small world for the gallery: one member, one messenger that exists nowhere, channels in any state. */
import type { ChannelView } from '#contract/calls/channels.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import { getHold, listFiles } from '#contract/calls/conversations.ts'
import { keyOf } from '../app/acts.ts'
import { channelsQuery, connectorsQuery } from '../app/channels.ts'
import { client } from '../app/client.ts'
import { membersQuery } from '../app/members.ts'
import { meQuery, type MeView } from '../app/session.ts'

const idOf = <Id>(n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}` as Id
const before = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export const olga: MeView = {
  account: idOf(1),
  member: {
    id: idOf(2),
    name: 'Ольга Воскресенская',
    role: 'owner',
    email: 'olga@shop.example',
    state: 'active',
    createdAt: before(90_000),
  },
  workspace: { id: idOf(3), name: 'Flower shop' },
  language: 'en',
  secondFactor: false,
  recoveryCodesLeft: 0,
  preferences: {},
  warnings: ['second_factor_wanted', 'plain_http', 'events_wait'],
}

export const pigeonPost: ConnectorCard = {
  id: 'pigeon-post',
  manifest: {
    network: 'pigeon',
    name: { en: 'Pigeon post', ru: 'Голубиная почта' },
    access: 'unofficial',
    receives: ['webhook'],
    scope: 'world',
    hosts: ['pigeon.example'],
    links: { open: 'https://pigeon.example/{handle}', token: 0 },
    risk: { ban: { en: 'The loft may ban you.', ru: 'Голубятня может вас заблокировать.' } },
  },
  settings: {
    type: 'object',
    required: ['token', 'loft', 'sites'],
    properties: {
      token: {
        type: 'string',
        secret: true,
        label: { en: 'Token', ru: 'Токен' },
        hint: { en: 'The keeper of the loft gives it', ru: 'Его выдаёт смотритель голубятни' },
      },
      loft: {
        type: 'object',
        required: ['host', 'port'],
        label: { en: 'Loft', ru: 'Голубятня' },
        properties: {
          host: { type: 'string', label: { en: 'Server', ru: 'Сервер' } },
          port: { type: 'integer', minimum: 1, maximum: 65_535, default: 993, label: { en: 'Port', ru: 'Порт' } },
          tls: { type: 'boolean', default: true, label: { en: 'Encrypted', ru: 'Шифрование' } },
        },
      },
      sites: { type: 'array', minItems: 1, items: { type: 'string' }, label: { en: 'Sites', ru: 'Сайты' } },
      receive: {
        type: 'string',
        enum: ['auto', 'window'],
        default: 'auto',
        label: { en: 'How letters arrive', ru: 'Как приходят письма' },
        options: { auto: { en: 'Automatically', ru: 'Автоматически' }, window: { en: 'By the window', ru: 'В окно' } },
      },
      elsewhere: {
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' }, url: { type: 'string' } } },
        label: { en: 'Also at', ru: 'А также' },
      },
      proxy: { type: 'string', secret: true, advanced: true, label: { en: 'Proxy', ru: 'Прокси' } },
    },
  },
  abilities: {
    text: { max: 100, unit: 'utf16', marks: {} },
    first: { who: 'anyone', by: ['handle'] },
    pacing: {},
    confirms: 'id',
    sender: 'claimed',
  },
  setup: {
    en: '1. Ask the keeper for a token.\n2. Paste it here.',
    ru: '1. Попросите токен у смотрителя.\n2. Вставьте его сюда.',
  },
  logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="#8a5cd1"/><path d="M6 15c4 2 9 1 11-3l2-1-2-1c-1-2-4-2-5 0z" fill="#fff"/></svg>',
}

export const aChannel = (state: ChannelState, more: Partial<ChannelView> = {}): ChannelView => ({
  id: idOf(100),
  connector: pigeonPost.id,
  network: 'pigeon',
  name: 'Flower shop',
  settings: { loft: { host: 'loft.example', port: 993, tls: true }, sites: ['https://shop.example'], receive: 'auto' },
  secretsSet: ['token'],
  me: { id: '7', name: 'Flower shop', handle: 'flower_shop' },
  state,
  reason: null,
  stateData: {},
  since: before(200),
  webhookUrl: 'https://parley.shop.example/hooks/01900000-0000-7000-8000-000000000100',
  lastInAt: before(3),
  lastOutAt: before(1_500),
  queued: 0,
  sentLately: 120,
  failedLately: 0,
  acceptedWithinMs: 340,
  unread: 0,
  unreadSince: null,
  quarantined: 0,
  createdAt: before(90_000),
  ...more,
})

/** What components read; nothing is fetched. */
export function fillCache(): void {
  client.setDefaultOptions({ queries: { staleTime: Infinity, retry: false, queryFn: () => new Promise(() => {}) } })
  client.setQueryData(meQuery().queryKey, olga)
  client.setQueryData([listFiles.path, 'r', 1], { items: [], next: null })
  client.setQueryData(keyOf(getHold), { hold: false, queued: 0, oldest: null, newest: null })
  client.setQueryData(connectorsQuery().queryKey, { items: [pigeonPost], next: null })
  client.setQueryData(channelsQuery().queryKey, { items: [aChannel('signed_out')], next: null })
  client.setQueryData(membersQuery().queryKey, { items: [olga.member], next: null })
}
