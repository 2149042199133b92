/** Bytes that came inside the journaled letter: its HTML, its attachments, itself. What was cut out of a large letter stands on the server. */
import type { Carried, Context, Event } from '#connector-kit/connector.ts'
import { pageOfText } from './html-words.ts'
import { letterEventIn, readLetter } from './letter.ts'
import { HTML, remoteIn, WHOLE } from './remotes.ts'
import type { Settings } from './settings.ts'

export async function carried(event: Event, remote: string, _: Context<Settings>): Promise<Carried | null> {
  const told = letterEventIn(event.body)
  const { what } = remoteIn(remote)
  if (what === WHOLE)
    return told.cutWith === undefined && !told.partial
      ? { bytes: Buffer.from(told.raw, 'latin1'), type: 'message/rfc822', name: 'letter.eml' }
      : null
  const letter = await readLetter(told)
  if (what === HTML) {
    const html = letter.html ?? pageOfText(letter.text ?? '')
    return { bytes: Buffer.from(html), type: 'text/html', name: 'letter.html' }
  }
  const file = letter.files[Number(what)]
  if (!file || file.cut) return null
  return { bytes: file.bytes, type: file.type, ...(file.name ? { name: file.name } : {}) }
}
