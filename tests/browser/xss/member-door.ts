/** Payloads of members: a colleague, or whoever sits at his desk, is not trusted with markup either. */
import type { Besieged } from '#tests/hostile/besieged.ts'
import { mark } from './detector.ts'
import type { Payload } from './payloads.ts'

/** Where a contact and its conversation is, whoever opened it. */
export interface Opened {
  readonly conversation: string
  readonly contact: string
}

export const FACT_FIELDS = ['tag', 'factName', 'fact', 'timeZone', 'contactLanguage'] as const
export const NOTE_FIELDS = [
  'noteText',
  'noteLink',
  'noteCard',
  'notePoll',
  'noteOrder',
  'noteTemplate',
  'noteEvent',
  'noteUnknown',
  'notePlace',
] as const
export const ANSWER_FIELDS = ['teamText', 'button'] as const
export const DESK_FIELDS = ['member', 'token', 'channel'] as const

/** What is known of a contact, a note of every kind of part, and an answer with buttons. */
export async function writeAbout(parley: Besieged, { conversation, contact }: Opened, payload: Payload): Promise<void> {
  const { number, text, url } = payload
  const as = (field: string, most = 2_000) => (mark(number, field) + text).slice(0, most)
  const address = URL.canParse(url) ? url : `http://xss.test/${encodeURIComponent(text.toWellFormed())}`
  await parley.ask('PATCH', `/api/contacts/${contact}`, {
    tags: [as('tag', 60).trim()],
    fields: { [as('factName', 60)]: as('fact') },
    timeZone: as('timeZone', 60),
    language: as('contactLanguage', 35),
  })
  const messages = `/api/conversations/${conversation}/messages`
  await parley.ask('POST', messages, {
    note: true,
    parts: [
      { kind: 'text', text: as('noteText'), entities: [{ kind: 'link', offset: 0, length: 9, value: url }] },
      { kind: 'link', url: address, title: as('noteLink'), text },
      { kind: 'contact', name: as('noteCard'), phones: [text], emails: [url] },
      { kind: 'poll', question: as('notePoll'), options: [text], many: true },
      { kind: 'order', items: [{ sku: text, name: as('noteOrder'), quantity: 1, minor: 1, currency: 'EUR' }] },
      { kind: 'template', name: as('noteTemplate'), language: 'en', values: { [text]: text } },
      { kind: 'event', what: 'joined', who: [as('noteEvent')] },
      { kind: 'unknown', what: as('noteUnknown'), openUrl: address },
      { kind: 'location', lat: 1, lon: 2, title: as('notePlace'), address: text },
    ],
  })
  await parley.ask('POST', messages, {
    parts: [{ kind: 'text', text: as('teamText'), entities: [{ kind: 'link', offset: 0, length: 9, value: url }] }],
    choices: {
      as: 'buttons',
      rows: [
        [
          { id: '1', label: as('button', 60), does: 'link', value: address },
          { id: '2', label: text.slice(0, 60) || 'x' },
        ],
      ],
    },
  })
}

/** A row of colleagues, programs and channels, named anew for each batch of payloads: a page shows so many at once. */
export function desks(parley: Besieged, origins: readonly string[]) {
  const members: string[] = []
  const channels: string[] = []
  let tokens: string[] = []
  const as = ({ number, text }: Payload, field: (typeof DESK_FIELDS)[number]) =>
    (mark(number, field) + text).slice(0, 100).trim()

  return async (payloads: readonly Payload[]): Promise<void> => {
    for (const token of tokens) await parley.ask('DELETE', `/api/tokens/${token}`)
    tokens = []
    for (const [at, payload] of payloads.entries()) {
      const name = as(payload, 'member')
      const person = { email: `m${at}@shop.example`, password: parley.owner.password, role: 'agent' }
      if (members[at]) await parley.ask('PATCH', `/api/members/${members[at]}`, { name })
      else members.push((await parley.ask<{ id: string }>('POST', '/api/members', { name, ...person })).id)
      const channel = as(payload, 'channel')
      if (channels[at]) await parley.ask('PATCH', `/api/channels/${channels[at]}`, { name: channel })
      else channels.push(await parley.channel('webchat', { origins }, channel))
      tokens.push((await parley.ask<{ id: string }>('POST', '/api/tokens', { name: as(payload, 'token') })).id)
    }
  }
}
