/** The payloads go in by the doors of strangers: a messenger's webhook, a mailbox, the chat of a site. */
import type { Besieged } from '#tests/hostile/besieged.ts'
import { inBatches } from './in-batches.ts'
import { letterOf } from './mail-door.ts'
import type { Opened } from './member-door.ts'
import { readersUpdate } from './page-door.ts'
import type { Payload } from './payloads.ts'
import { visit, type Types } from './site-door.ts'
import { roomMates, updatesOf } from './telegram-door.ts'

export interface Doors {
  payloads: readonly Payload[]
  telegram: string
  chat: string
  secret: string
  origin: string
  deliver(raw: string): void
  /** Until then the windows may look on. */
  whenFirstAreIn(): Promise<void>
}

const AT_ONCE = 6
/** So many come while a window is open. */
const LIVE = 4
/** For what comes anyhow, on a machine that has other things to do. */
const PATIENCE_MS = 10 * 60_000

export interface BroughtIn {
  /** Tells one more update of the messenger. */
  tell(told: object): Promise<void>
  /** The visitor of this payload types. */
  types(number: number): Promise<unknown>
}

export async function bringIn(parley: Besieged, doors: Doors): Promise<BroughtIn> {
  const { payloads, telegram, chat, secret, origin, deliver, whenFirstAreIn } = doors
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
  const typists = new Map<number, Types>()
  const come = (some: readonly Payload[]) =>
    inBatches(some, AT_ONCE, async (payload) => {
      for (const each of updatesOf(payload)) await tell(each)
      typists.set(payload.number, await visit(parley, chat, origin, payload))
    })
  await come(payloads.slice(0, LIVE))
  await whenFirstAreIn()
  await come(payloads.slice(LIVE))
  await settled(parley, payloads.length)
  return { tell, types: (number) => typists.get(number)!() }
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

/** Whom one payload is about: its visitor, its person of the messenger and its writer of letters are one contact. */
export interface Person extends Opened {
  readonly payload: Payload
}

/** Everybody who wrote, by `17.visitor`, `17.name`, `17.sender`. */
export async function strangers(parley: Besieged): Promise<(number: number, field: StrangersName) => Opened> {
  const rows = await parley.query<Opened & { name: string }>(
    `select c.id as conversation, c.contact_id as contact, i.name
       from conversation c join identity i on i.contact_id = c.contact_id where i.name like 'zq%'`,
  )
  const known = new Map(rows.map(({ name, ...opened }) => [/^zq(\d+\.\w+)\./.exec(name)?.[1], opened]))
  return (number, field) => {
    const opened = known.get(`${number}.${field}`)
    if (!opened) throw new Error(`nobody is called ${number}.${field}`)
    return opened
  }
}

type StrangersName = 'visitor' | 'name' | 'sender'

/** What all three say of themselves is in one thread and one pane then: a member knows that they are one person. */
export async function joined(
  parley: Besieged,
  payloads: readonly Payload[],
  who: (number: number, field: StrangersName) => Opened,
): Promise<Person[]> {
  await inBatches(payloads, AT_ONCE, async ({ number }) => {
    for (const field of ['name', 'sender'] as const)
      await parley.ask('POST', `/api/contacts/${who(number, 'visitor').contact}/merge`, {
        with: who(number, field).contact,
      })
  })
  return payloads.map((payload) => ({ payload, ...who(payload.number, 'visitor') }))
}

export interface Room {
  readonly conversation: string
  readonly payloads: readonly Payload[]
}

/** By their titles, the last that they were given; the first is the room of the first payloads. */
export async function rooms(parley: Besieged, payloads: readonly Payload[]): Promise<Room[]> {
  const rows = await parley.query<{ conversation: string; name: string }>(
    `select c.id as conversation, i.name from conversation c join identity i on i.id = c.room_id where i.name like 'zq%'`,
  )
  return rows
    .map(({ conversation, name }) => ({
      conversation,
      payloads: roomMates(Number(/^zq(\d+)\./.exec(name)![1]), payloads),
    }))
    .toSorted((one, other) => one.payloads[0]!.number - other.payloads[0]!.number)
}
