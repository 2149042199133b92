/** Payloads of members about a contact: a colleague, or whoever sits at his desk, is not trusted with markup either. */
import type { Besieged } from '#tests/hostile/besieged.ts'
import { mark } from './detector.ts'
import type { Payload } from './payloads.ts'
import type { Tour } from './tour.ts'

/** Where a contact and its conversation is, whoever opened it. */
export interface Opened {
  readonly conversation: string
  readonly contact: string
}

export const FACT_FIELDS = ['tag', 'factName', 'fact', 'timeZone'] as const
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
export const ANSWER_FIELDS = ['teamText', 'button', 'draft'] as const
/** Names that stand in the audit. What a proxy tells is kept only where it is an address. */
export const AUDIT_FIELDS = ['auditedName', 'auditedActor'] as const

/** What is known of a contact, a note of every kind of part by a program of that name, and an answer with buttons. */
export async function writeAbout(parley: Besieged, { conversation, contact }: Opened, payload: Payload): Promise<void> {
  const { number, text, url } = payload
  const as = (field: string, most = 2_000) => (mark(number, field) + text).slice(0, most)
  // Behind the mark: what a link says of its true host is put into its words.
  const linked = (field: string) => ({ kind: 'link', offset: mark(number, field).length, length: 1, value: url })
  const address = URL.canParse(url) ? url : `http://xss.test/${encodeURIComponent(text.toWellFormed())}`
  await parley.ask('PATCH', `/api/contacts/${contact}`, {
    tags: [as('tag', 60).trim()],
    fields: { [as('factName', 60)]: as('fact') },
    timeZone: as('timeZone', 60),
  })
  const program = await parley.ask<{ token: string }>('POST', '/api/tokens', { name: as('token', 100).trim() })
  const byProgram = { authorization: `Bearer ${program.token}` }
  const messages = `/api/conversations/${conversation}/messages`
  const parts = [
    { kind: 'text', text: as('noteText'), entities: [linked('noteText')] },
    { kind: 'link', url: address, title: as('noteLink'), text },
    { kind: 'contact', name: as('noteCard'), phones: [text], emails: [url] },
    { kind: 'poll', question: as('notePoll'), options: [text], many: true },
    { kind: 'order', items: [{ sku: text, name: as('noteOrder'), quantity: 1, minor: 1, currency: 'EUR' }] },
    { kind: 'template', name: as('noteTemplate'), language: 'en', values: { [as('noteValue')]: text } },
    { kind: 'event', what: 'joined', who: [as('noteEvent')] },
    { kind: 'unknown', what: as('noteUnknown'), openUrl: address },
    { kind: 'location', lat: 1, lon: 2, title: as('notePlace'), address: text },
  ]
  const { id } = await parley.ask<{ id: string }>('POST', messages, { note: true, text: 'gone at once' }, byProgram)
  await parley.ask('POST', messages, { note: true, parts }, byProgram)
  // Noted in the audit, by its name.
  await parley.ask('DELETE', `/api/messages/${id}`, undefined, byProgram)
  await parley.ask('POST', messages, {
    parts: [{ kind: 'text', text: as('teamText'), entities: [linked('teamText')] }],
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

/** An answer that the window's own member has begun. */
export async function beginAnswer({ parley, context }: Tour, { conversation }: Opened, { number, text }: Payload) {
  const response = await context.request.put(`${parley.url}/api/conversations/${conversation}/draft`, {
    data: { text: mark(number, 'draft') + text, note: false },
    headers: { origin: parley.url },
  })
  if (!response.ok()) throw new Error(`a draft was answered with ${response.status()}`)
}
