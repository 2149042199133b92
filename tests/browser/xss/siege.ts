/**
 * Payloads × displayed fields, in a real browser. They come in by the doors that strangers and members have, into a whole Parley; then the
 * window and a visitor's chat are walked through, and every mark says that its payload stood there while nothing happened.
 */
import type { Browser } from '@playwright/test'
import startMail from '#connectors/email-imap/emulator.ts'
import startSite from '#connectors/webchat/emulator.ts'
import { launchBrowser } from '#tests/support/launch-browser.ts'
import { besieged, type Besieged } from '#tests/hostile/besieged.ts'
import { botApi } from '#tests/hostile/bot-api.ts'
import { detector, type Detector } from './detector.ts'
import { inBatches } from './in-batches.ts'
import { LETTER_FIELDS, letterOf } from './mail-door.ts'
import { ANSWER_FIELDS, DESK_FIELDS, desks, FACT_FIELDS, NOTE_FIELDS, writeAbout, type Opened } from './member-door.ts'
import { payloadsOf, type Payload } from './payloads.ts'
import { visit, VISITOR_FIELDS } from './site-door.ts'
import { PRIVATE_FIELDS, ROOM_FIELDS, updatesOf } from './telegram-door.ts'
import { openConversation, scrollList, searchFor, untilSeen, visitAddress, type Tour } from './tour.ts'
import { chatOf, VISITORS_VIEW_FIELDS } from './visitors-view.ts'

export interface XssOptions {
  readonly seed: number
  readonly payloads: number
  say(words: string): void
}

export interface XssOutcome {
  readonly payloads: readonly Payload[]
  readonly fields: readonly string[]
  /** Payload × field, shown in the browser. */
  readonly shown: number
  /** What should have been shown and was not, by field. */
  readonly unseen: Readonly<Record<string, number[]>>
  readonly wrong: readonly string[]
}

const AT_ONCE = 6
/** For what comes anyhow, on a machine that has other things to do. */
const PATIENCE_MS = 120_000
/** A page of members or channels shows no more at once. */
const DESKS = 150
const WINDOWS = 2

export async function xssSiege({ seed, payloads: count, say }: XssOptions): Promise<XssOutcome> {
  const payloads = payloadsOf(seed, count)
  const [api, mail, site] = await Promise.all([botApi(), startMail(), startSite()])
  const parley = await besieged([api.url, ...mail.hosts.map((host) => `tcp://${host}`)])
  let browser: Browser | undefined
  let isDone = false
  let watched: Detector | undefined
  try {
    say('ready, the payloads come in')
    const settings = { token: '123456:golden-token', apiUrl: api.url, receive: 'webhook' }
    const telegram = await parley.channel('telegram', settings)
    await parley.channel('email-imap', mail.settings)
    const chat = await parley.channel('webchat', site.settings)
    site.meets(`${parley.url}/hooks/${chat}`)
    browser = await launchBrowser()
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1600, height: 1000 } })
    context.setDefaultTimeout(PATIENCE_MS)
    let areLetters = false
    const detected = await detector(
      context,
      [parley.url, site.url],
      (refusal) => areLetters && isOfTheSanitiser(refusal),
    )
    watched = detected
    const windows = await Promise.all(Array.from({ length: WINDOWS }, () => openedWindow(parley, context, detected)))
    const first = windows[0]!
    // It is open while they come: what arrives live is drawn too.
    await bringIn(parley, {
      payloads,
      telegram,
      chat,
      secret: await api.secret,
      origin: site.url,
      deliver: mail.deliver,
    })
    await first.detector.inspect(first.page)
    const opened = await conversations(parley)
    say(`${payloads.length} payloads are in, ${opened.length} conversations`)

    await inBatches(
      opened.filter(({ field }) => field === 'visitor'),
      AT_ONCE,
      (each) => writeAbout(parley, each, payloads[each.number]!),
    )
    say('members have written')

    const walk = async (all: readonly Found[]) => {
      const waiting = all.values()
      let done = 0
      await Promise.all(
        windows.map(async (tour) => {
          for (const { conversation, number, field } of waiting) {
            const wanted = SHOWN_WITH[field]?.map((each) => `${number}.${each}`) ?? []
            await openConversation(tour, conversation, wanted)
            if (++done % 200 === 0) say(`${done} conversations opened, ${detected.wrong.size} wrong`)
          }
        }),
      )
      say(`${done} conversations opened, ${detected.wrong.size} wrong`)
    }
    await Promise.all([
      walk(opened.filter(({ field }) => field !== 'sender')),
      chatOf({ parley, context, detector: detected, page: await context.newPage() }, { site, chat, payloads, say }),
    ])

    // Keys go to the page that is in front.
    await first.page.bringToFront()
    await scrollList(first)
    for (const payload of payloads) await searchFor(first, payload)
    say('searched')

    const name = desks(parley, [site.url])
    for (let at = 0; at < payloads.length; at += DESKS) {
      const some = payloads.slice(at, at + DESKS)
      await name(some)
      for (const path of [
        '/settings/members',
        '/settings/tokens',
        '/channels',
        '/settings/audit',
        '/settings/account',
      ]) {
        await first.page.goto(`${parley.url}${path}`)
        const field = DESK_PAGES[path]
        await untilSeen(first, field ? some.map(({ number }) => `${number}.${field}`) : [])
      }
    }
    say('settings seen')

    const files = await parley.query<{ id: string }>('select id from file order by id')
    for (const { id } of files) await visitAddress(first, `${parley.url}/api/files/${id}`)
    say(`${files.length} files opened by their address`)
    for (const { text, number } of payloads) {
      const part = encodeURIComponent(text.toWellFormed().slice(0, 1_000))
      const place = ADDRESSES[number % ADDRESSES.length]!
      await visitAddress(first, `${parley.url}${place.replaceAll('X', part)}`)
    }

    // Last: only from now on may the policy refuse what the sanitiser takes apart.
    areLetters = true
    await first.page.goto(`${parley.url}/inbox?view=all`)
    await walk(opened.filter(({ field }) => field === 'sender'))
    isDone = true
    return outcomeOf(payloads, detected)
  } finally {
    await browser?.close()
    await Promise.all([api.close(), mail.close(), site.close()])
    if (!isDone)
      say(`its log is kept: ${parley.folder}/parley.log; wrong so far: ${[...(watched?.wrong ?? [])].join(' · ')}`)
    await parley.stop(!isDone)
  }
}

// ---------------------------------------------------------------- in

interface Doors {
  payloads: readonly Payload[]
  telegram: string
  chat: string
  secret: string
  origin: string
  deliver(raw: string): void
}

async function bringIn(parley: Besieged, { payloads, telegram, chat, secret, origin, deliver }: Doors): Promise<void> {
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
  await inBatches(payloads, AT_ONCE, async (payload) => {
    for (const each of updatesOf(payload)) await tell(each)
    await visit(parley, chat, origin, payload)
  })
  await settled(parley, payloads.length)
}

/** All is read, and every letter has come. */
async function settled(parley: Besieged, letters: number): Promise<void> {
  const end = performance.now() + 10 * 60_000
  for (;;) {
    const [row] = await parley.query<{ waiting: number; letters: number; bad: number }>(
      `select (select count(*)::int from inbound_work where state = 0) as waiting,
              (select count(*)::int from inbound_work where state = 2) as bad,
              (select count(*)::int from message where content->>'subject' like 'zq%') as letters`,
    )
    if (row!.bad > 0) throw new Error(`${row!.bad} events could not be read`)
    if (row!.waiting === 0 && row!.letters >= letters) return
    if (performance.now() > end) throw new Error(`not read in time: ${JSON.stringify(row)}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

interface Found extends Opened {
  /** Of the payload that it is about. */
  readonly number: number
  /** Which name says so. */
  readonly field: string
}

async function conversations(parley: Besieged): Promise<Found[]> {
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

// ---------------------------------------------------------------- looked at

const SHOWN_WITH: Readonly<Record<string, readonly string[]>> = {
  name: PRIVATE_FIELDS,
  roomTitle: ROOM_FIELDS,
  renamed: ROOM_FIELDS,
  sender: LETTER_FIELDS,
  visitor: [...VISITOR_FIELDS, ...FACT_FIELDS, ...NOTE_FIELDS, ...ANSWER_FIELDS],
}

const DESK_PAGES: Readonly<Record<string, (typeof DESK_FIELDS)[number]>> = {
  '/settings/members': 'member',
  '/settings/tokens': 'token',
  '/channels': 'channel',
}

/** X is the payload, by turns. */
const ADDRESSES = [
  '/X',
  '/inbox/X?view=X#X',
  '/inbox?q=X&view=all',
  '/sign-in?next=X&why=X',
  '/channels/X',
  '/channels/add?connector=X',
  '/set-up#X',
  '/api/X',
  '/api/files/X',
  '/api/conversations/X/messages?cursor=X',
  '/api/search?q=X&cursor=X',
  '/hooks/X',
  '/files/X',
  '/widget/X',
  '/assets/X.js',
  '/api/openapi.json?X',
]

/** What it takes apart in a document that never runs is refused there by the window's own policy. */
const isOfTheSanitiser = (refusal: string): boolean =>
  /^(base-uri|img-src|style-src|font-src|media-src|script-src-attr)/.test(refusal)

async function openedWindow(parley: Besieged, context: Tour['context'], watched: Detector): Promise<Tour> {
  const response = await context.request.post(`${parley.url}/api/session`, {
    data: { email: parley.owner.email, password: parley.owner.password },
    headers: { origin: parley.url },
  })
  if (!response.ok()) throw new Error(`signing in was answered with ${response.status()}`)
  const page = await context.newPage()
  await page.goto(`${parley.url}/inbox?view=all`)
  return { parley, context, detector: watched, page }
}

function outcomeOf(payloads: readonly Payload[], { seen, wrong }: Detector): XssOutcome {
  const fields = [...new Set([...Object.values(SHOWN_WITH).flat(), ...DESK_FIELDS, ...VISITORS_VIEW_FIELDS])]
  const unseen: Record<string, number[]> = {}
  for (const field of fields) {
    const missing = payloads.filter(({ number }) => !seen.has(`${number}.${field}`)).map(({ number }) => number)
    if (missing.length > 0) unseen[field] = missing
  }
  return { payloads, fields, shown: seen.size, unseen, wrong: [...wrong] }
}
