/** The payloads go in by the doors of strangers: a messenger's webhook, a mailbox, the chat of a site. */
import type { Besieged } from '#tests/hostile/besieged.ts'
import { inBatches } from './in-batches.ts'
import { letterOf } from './mail-door.ts'
import type { Opened } from './member-door.ts'
import { readersUpdate } from './page-door.ts'
import type { Payload } from './payloads.ts'
import { visit } from './site-door.ts'
import { updatesOf } from './telegram-door.ts'

export interface Doors {
  payloads: readonly Payload[]
  telegram: string
  chat: string
  secret: string
  origin: string
  deliver(raw: string): void
}

const AT_ONCE = 6
/** For what comes anyhow, on a machine that has other things to do. */
const PATIENCE_MS = 10 * 60_000

export async function bringIn(parley: Besieged, doors: Doors): Promise<void> {
  const { payloads, telegram, chat, secret, origin, deliver } = doors
  let update = 1
  const tell = async (told: object) => {
    const body = JSON.stringify({ update_id: update++, ...told })
    // As a platform does: what is not taken is said again.
    for (;;) {
      const response = await fetch(`${parley.url}/hooks/${telegram}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
        body,
      })
      if (response.ok) return
      if (response.status !== 503) throw new Error(`an update was answered with ${response.status}`)
    }
  }
  for (const payload of payloads) deliver(letterOf(payload))
  await tell(readersUpdate)
  await inBatches(payloads, AT_ONCE, async (payload) => {
    for (const each of updatesOf(payload)) await tell(each)
    await visit(parley, chat, origin, payload)
  })
  await settled(parley, payloads.length)
}

/** All is read but what nobody can read, one event of each payload; and every letter has come. */
async function settled(parley: Besieged, count: number): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const [row] = await parley.query<{ waiting: number; letters: number; bad: number }>(
      `select (select count(*)::int from inbound_work where state = 0) as waiting,
              (select count(*)::int from inbound_work where state = 2) as bad,
              (select count(*)::int from message where content->>'subject' like 'zq%') as letters`,
    )
    if (row!.bad > count) throw new Error(`${row!.bad - count} sound events could not be read`)
    if (row!.waiting === 0 && row!.letters >= count && row!.bad === count) return
    if (performance.now() > end) throw new Error(`not read in time: ${JSON.stringify(row)}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

export interface Found extends Opened {
  /** Of the payload that it is about. */
  readonly number: number
  /** Which name says so. */
  readonly field: string
}

export async function conversations(parley: Besieged): Promise<Found[]> {
  const rows = await parley.query<{ conversation: string; contact: string; name: string }>(
    `select c.id as conversation, c.contact_id as contact, i.name
       from conversation c join identity i on i.contact_id = c.contact_id or i.id = c.room_id
      where i.name like 'zq%' order by c.id`,
  )
  return rows.map(({ name, ...rest }) => {
    const [, number, field] = /^zq(\d+)\.(\w+)\./.exec(name)!
    return { ...rest, number: Number(number), field: field! }
  })
}
