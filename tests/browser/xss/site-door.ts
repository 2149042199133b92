/** Payloads of visitors of a site, who write by the chat's own requests. */
import { randomUUID } from 'node:crypto'
import type { Besieged } from '#tests/hostile/besieged.ts'
import { aPng } from '#tests/support/samples.ts'
import { mark } from './detector.ts'
import type { Payload } from './payloads.ts'

export const VISITOR_FIELDS = [
  'visitor',
  'visitorText',
  'visitorPlace',
  'visitorFile',
  'visitorCaption',
  'visitorPicture',
] as const
const PICTURE = new Uint8Array(await aPng(24, 24))

/** One visitor who fills in and says all that can be said, with this payload. */
export async function visit(parley: Besieged, channel: string, origin: string, payload: Payload): Promise<void> {
  const { number, text } = payload
  const as = (field: (typeof VISITOR_FIELDS)[number], most = 3_000) => (mark(number, field) + text).slice(0, most)
  const headers = { origin, 'x-forwarded-for': `10.${(number >> 8) & 255}.${number & 255}.9` }
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, more: Record<string, string>) => {
    const send = () =>
      fetch(`${parley.url}/hooks/${channel}${path}`, {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': 'application/json', ...more },
      })
    let response = await send()
    while (response.status === 503) response = await send()
    const said = await response.text()
    if (!response.ok) throw new Error(`a visitor was answered with ${response.status}: ${said}`)
    return (said === '' ? {} : JSON.parse(said)) as Record<string, string>
  }
  const { token } = await post('/frame', JSON.stringify({ t: 'hello' }), {})
  const proof = { authorization: `Bearer ${token!}` }
  const act = (frame: object) => post('/frame', JSON.stringify({ id: randomUUID(), ...frame }), proof)
  await act({ t: 'form', name: as('visitor', 200), phone: text.trim().slice(0, 40), language: 'en' })
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
      { kind: 'text', text: as('visitorText'), entities: [] },
      { kind: 'location', lat: 1, lon: 2, title: as('visitorPlace'), address: text },
      { kind: 'file', type: 'text/html', ...file, caption: { text: as('visitorCaption'), entities: [] } },
    ],
  })
}
