/** Payloads of visitors of a site, who write by the chat's own requests. */
import { randomUUID } from 'node:crypto'
import type { Besieged } from '#tests/hostile/besieged.ts'
import { aPng } from '#tests/support/samples.ts'
import { mark } from './detector.ts'
import type { Opened } from './member-door.ts'
import type { Payload } from './payloads.ts'

export const VISITOR_FIELDS = [
  'visitor',
  'contactLanguage',
  'visitorText',
  'visitorPlace',
  'visitorFile',
  'visitorCaption',
  'visitorPicture',
] as const
/** A word that this many visitors say, so that one search shows them all; none begins another, for the last word may be half typed. */
export const hayOf = ({ number }: Pick<Payload, 'number'>): string =>
  `hay${String(Math.floor(number / IN_ONE_SEARCH))
    .padStart(3, '0')
    .replaceAll(/\d/g, (digit) => 'bcdfghjklm'[Number(digit)]!.repeat(4))}`
/** A search shows thirty messages. */
const IN_ONE_SEARCH = 20
const PICTURE = new Uint8Array(await aPng(24, 24))

/** What a visitor's browser asks of the chat. @param address  that a proxy tells */
function visitorsBrowser(parley: Besieged, channel: string, origin: string, address: string) {
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, more: Record<string, string>) => {
    const send = () =>
      fetch(`${parley.url}/hooks/${channel}${path}`, {
        method: 'POST',
        body,
        headers: { origin, 'x-forwarded-for': address, 'content-type': 'application/json', ...more },
      })
    let response = await send()
    while (response.status === 503) response = await send()
    const said = await response.text()
    if (!response.ok) throw new Error(`a visitor was answered with ${response.status}: ${said}`)
    return (said === '' ? {} : JSON.parse(said)) as Record<string, string>
  }
  return post
}

/** The conversation in which these words were said, as soon as they are heard. */
export async function whoSaid(parley: Besieged, words: string): Promise<Opened> {
  for (let tries = 0; tries < 600; tries++) {
    const [row] = await parley.query<Opened>(
      `select c.id as conversation, c.contact_id as contact from message m join conversation c on c.id = m.conversation_id
        where m.content->'parts'->0->>'text' = $1`,
      [words],
    )
    if (row) return row
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody heard "${words}"`)
}

export type Types = () => Promise<unknown>

/** One visitor who fills in and says all that can be said, with this payload. @returns types from then on, once */
export async function visit(parley: Besieged, channel: string, origin: string, payload: Payload): Promise<Types> {
  const { number, text } = payload
  const as = (field: (typeof VISITOR_FIELDS)[number], most = 3_000) => (mark(number, field) + text).slice(0, most)
  const post = visitorsBrowser(parley, channel, origin, `10.${(number >> 8) & 255}.${number & 255}.9`)
  const { token } = await post('/frame', JSON.stringify({ t: 'hello' }), {})
  const proof = { authorization: `Bearer ${token!}` }
  const act = (frame: object) => post('/frame', JSON.stringify({ id: randomUUID(), ...frame }), proof)
  await act({
    t: 'form',
    name: as('visitor', 200),
    phone: text.trim().slice(0, 40),
    language: as('contactLanguage', 35),
  })
  const upload = async (bytes: Uint8Array<ArrayBuffer>, name: string) => {
    const told = { ...proof, 'content-type': 'application/octet-stream', 'x-file-name': encodeURIComponent(name) }
    const { file, id } = await post('/files', bytes, told)
    return { source: { file: file ?? id }, name }
  }
  const file = await upload(new TextEncoder().encode(`<script>__xss(${number})</script>`), as('visitorFile', 180))
  const picture = await upload(PICTURE, as('visitorPicture', 180))
  await act({ t: 'send', parts: [{ kind: 'image', type: 'image/png', ...picture }] })
  await act({
    t: 'send',
    parts: [
      { kind: 'text', text: as('visitorText').replace('. ', `. ${hayOf(payload)} `), entities: [] },
      { kind: 'location', lat: 1, lon: 2, title: as('visitorPlace'), address: text },
      { kind: 'file', type: 'text/html', ...file, caption: { text: as('visitorCaption'), entities: [] } },
    ],
  })
  return () => act({ t: 'typing' })
}
