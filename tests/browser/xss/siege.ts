/**
 * Payloads × displayed fields, in a real browser. They come in by the doors that strangers, platforms and members have, into a whole
 * Parley; then the window and a visitor's chat are walked through, and every mark says that its payload stood there while nothing happened.
 *
 *   where it is drawn (web/, widget/, server/)              who brings it                     door
 *   list, thread, quotes, cards, polls, events, reactions    people and rooms of a messenger   telegram-door.ts
 *   letters, their files and heads                           whoever writes mail               mail-door.ts
 *   thread, files, a visitor's name and form                 visitors of a site                site-door.ts
 *   contact: tags, facts, language, time zone; notes of
 *     every kind of part, names of their writers, answers,
 *     buttons; a draft that comes back; the audit            colleagues and programs           member-door.ts
 *   members, channels, settings of a channel, chat of a
 *     site: head, greeting, ways elsewhere; menus to assign  colleagues                        desk-door.ts, street.ts
 *   how a bot is called, what its platform complains of,
 *     refusals of channels and of messages                   platforms                         platform.ts
 *   the visitor's side of a talk                             colleagues, the visitor           visitors-view.ts
 *   `/m/…`: text and title of the page of a long message     colleagues                        page-door.ts
 *   events that could not be read                            platforms                         telegram-door.ts (`unreadable`)
 *   sessions in the account                                  browsers, proxies                 settings-tour.ts (`seeSessions`)
 *   words at the edge, menus, comparing two contacts,
 *     what waits after a restore                             all of them                       acts-tour.ts
 *   addresses that are none, files by their address          anybody with a link               tour.ts (`visitAddress`)
 *
 * The title of the window's own tab never holds anybody's words; the detector would see a mark in it as in any element.
 */
import type { Browser } from '@playwright/test'
import startMail from '#connectors/email-imap/emulator.ts'
import startSite from '#connectors/webchat/emulator.ts'
import { launchBrowser } from '#tests/support/launch-browser.ts'
import { besieged } from '#tests/hostile/besieged.ts'
import { ACT_PLACES, assignAll, enlarge, lookAtHeld, mergeNeighbours } from './acts-tour.ts'
import { bringIn, conversations, type Found } from './bring-in.ts'
import { DESK_FIELDS, DESKS, desks } from './desk-door.ts'
import { detector, mark, type Detector, type Places, type Refusal } from './detector.ts'
import { inBatches } from './in-batches.ts'
import { LETTER_FIELDS } from './mail-door.ts'
import { ANSWER_FIELDS, AUDIT_FIELDS, beginAnswer, FACT_FIELDS, NOTE_FIELDS, writeAbout } from './member-door.ts'
import { openPages, PAGE_FIELDS } from './page-door.ts'
import type { Payload } from './payloads.ts'
import { BOT_FIELDS, platform as startPlatform } from './platform.ts'
import { seeAudit, seeDesks, seeSessions, seeUnreadable, SETTINGS_PLACES } from './settings-tour.ts'
import { VISITOR_FIELDS } from './site-door.ts'
import { street as startStreet } from './street.ts'
import { PRIVATE_FIELDS, ROOM_FIELDS } from './telegram-door.ts'
import { enter, openConversation, openSearch, scrollList, searchFor, shared, visitAddress, type Tour } from './tour.ts'
import { CHAT_PLACES, chatsOf, TALK_FIELDS, talksOf } from './visitors-view.ts'

export interface XssOptions {
  readonly payloads: readonly Payload[]
  say(words: string): void
}

export interface XssOutcome {
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
const WINDOWS = 2

export async function xssSiege({ payloads, say }: XssOptions): Promise<XssOutcome> {
  let url = ''
  const [platform, mail, site, street] = await Promise.all([
    startPlatform(payloads),
    startMail(),
    startSite(),
    startStreet(() => url),
  ])
  const parley = await besieged([platform.url, ...mail.hosts.map((host) => `tcp://${host}`)])
  url = parley.url
  let browser: Browser | undefined
  let isDone = false
  let watched: Detector | undefined
  try {
    say('ready, the payloads come in')
    const settings = { token: '123456:golden-token', apiUrl: platform.url, receive: 'webhook' }
    const telegram = await parley.channel('telegram', settings)
    await parley.channel('email-imap', mail.settings)
    const chat = await parley.channel('webchat', site.settings)
    site.meets(`${parley.url}/hooks/${chat}`)
    browser = await launchBrowser()
    const context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1600, height: 1000 },
      // That a file is handed over as one is all that counts.
      acceptDownloads: false,
    })
    context.setDefaultTimeout(PATIENCE_MS)
    const detected = await detector(context, [parley.url, site.url, street.url], isOfTheSanitiser)
    watched = detected
    const aside = async (): Promise<Tour> => ({ parley, context, detector: detected, page: await context.newPage() })
    const windows = await Promise.all(Array.from({ length: WINDOWS }, async () => openedWindow(await aside())))
    const first = windows[0]!
    const told = (what: string) => say(`${what}; ${detected.seen.size} seen, ${detected.wrong.size} wrong`)
    // It is open while they come: what arrives live is drawn too.
    await bringIn(parley, {
      payloads,
      telegram,
      chat,
      secret: await platform.secret,
      origin: site.url,
      deliver: mail.deliver,
    })
    await first.detector.inspect(first.page)
    const opened = await conversations(parley)
    const of = (field: string) => opened.filter((each) => each.field === field)
    const payloadOf = new Map(payloads.map((payload) => [payload.number, payload]))
    told(`${payloads.length} payloads are in, ${opened.length} conversations`)

    await inBatches(of('visitor'), AT_ONCE, async (each) => {
      await writeAbout(parley, each, payloadOf.get(each.number)!)
      await beginAnswer(first, each, payloadOf.get(each.number)!)
    })
    for (const { conversation } of of('name'))
      await parley.ask('POST', `/api/conversations/${conversation}/messages`, { text: 'Are you there?' })
    told('members have written')
    await Promise.all(windows.map(enter))

    const walk = async (all: readonly Found[]) => {
      const look = async (tour: Tour, { conversation, number, field }: Found) => {
        const wanted = [...(SHOWN_WITH[field] ?? []), ...Object.keys(PLACES_WITH[field] ?? {})]
        await openConversation(
          tour,
          conversation,
          wanted.map((each) => `${number}.${each}`),
          PLACES_WITH[field],
        )
        if (field === 'visitor') await enlarge(tour, number)
      }
      await shared(windows, all, look, (done) => told(`${done} of ${all.length} conversations opened`))
      told(`all ${all.length} conversations opened`)
    }
    const talks = await aside()
    const pages = await aside()
    await Promise.all([
      walk(opened.filter(({ field }) => field !== 'sender')),
      talksOf(talks, { site, chat, payloads, say: told }),
      openPages(pages, platform, payloads).then(() => told('pages of long messages read')),
    ])
    await pages.page.close()

    await first.page.bringToFront()
    await scrollList(first)
    for (const tour of windows) {
      await enter(tour)
      await openSearch(tour)
    }
    await shared(windows, payloads, searchFor, (done) => told(`${done} searched`))
    told('searched')

    await seeUnreadable(first, telegram, payloads)
    await seeAudit(first, payloads)
    await seeSessions(first, payloads)
    told('what could not be read, audit and sessions seen')

    const seat = desks(parley, platform, street.url)
    for (let at = 0; at < payloads.length; at += DESKS) {
      const seated = await seat(payloads.slice(at, at + DESKS))
      await chatsOf(talks, street, seated)
      await seeDesks(windows, seated, platform)
      await assignAll(windows, seated, [...of('renamed'), ...of('roomTitle')])
      told(`${at + seated.length} desks seen`)
    }

    await mergeNeighbours(windows, of('visitor'))
    told('contacts compared and joined')

    const files = await parley.query<{ id: string }>('select id from file order by id')
    await shared(windows, files, (tour, { id }) => visitAddress(tour, `${parley.url}/api/files/${id}`))
    told(`${files.length} files opened by their address`)
    await shared(windows, payloads, (tour, { text, number }) => {
      const part = encodeURIComponent(text.toWellFormed().slice(0, 1_000))
      const place = ADDRESSES[number % ADDRESSES.length]!
      return visitAddress(tour, `${parley.url}${place.replaceAll('X', part)}`)
    })
    told('addresses that are none opened')

    await Promise.all(windows.map(enter))
    await walk(of('sender'))
    for (const [rule, times] of detected.tolerated) say(`the sanitiser’s document: ${rule} refused ${times} times`)
    await lookAtHeld(
      first,
      of('name').map((each) => ({ ...each, payload: payloadOf.get(each.number)! })),
      ({ number, text }) => mark(number, 'heldText') + text,
    )
    told('what is held was seen')
    isDone = true
    return outcomeOf(payloads, detected)
  } finally {
    await browser?.close()
    await Promise.all([platform.close(), mail.close(), site.close(), street.close()])
    if (!isDone) say(`its log is kept: ${parley.folder}/parley.log`)
    if (!isDone && watched) {
      const { unseen, wrong } = outcomeOf(payloads, watched)
      say(`not seen so far: ${Object.keys(unseen).join(' ')}; wrong: ${wrong.join(' · ')}`)
    }
    await parley.stop(!isDone)
  }
}

const SHOWN_WITH: Readonly<Record<string, readonly string[]>> = {
  name: PRIVATE_FIELDS,
  roomTitle: ROOM_FIELDS,
  renamed: ROOM_FIELDS,
  sender: LETTER_FIELDS,
  visitor: [...VISITOR_FIELDS, ...FACT_FIELDS, ...NOTE_FIELDS, ...ANSWER_FIELDS],
}

/** What the same words are looked for in, besides. */
const PLACES_WITH: Readonly<Record<string, Places>> = {
  visitor: { writer: 'article [class*=author]', contactPane: 'aside', header: 'header h2' },
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
  '/m/X',
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

/**
 * DOMPurify reads a letter with a `DOMParser`. Such a document has no window and never runs, but Chromium asks the policy of the page that
 * parses, and tells the page, of each handler and each `<base>` in it; there is no other parser without that. So: exactly these two rules, about
 * no element of the page, by the script that holds the sanitiser and nothing else (`web/pages/inbox/parts/letter.tsx`).
 */
const isOfTheSanitiser = ({ rule, isInPage, by }: Refusal): boolean =>
  !isInPage && (rule === 'script-src-attr' || rule === 'base-uri') && /\/assets\/letter-[\w-]+\.js$/.test(by)

async function openedWindow(tour: Tour): Promise<Tour> {
  const { parley, context } = tour
  const response = await context.request.post(`${parley.url}/api/session`, {
    data: { email: parley.owner.email, password: parley.owner.password },
    headers: { origin: parley.url },
  })
  if (!response.ok()) throw new Error(`signing in was answered with ${response.status()}`)
  await enter(tour)
  return tour
}

function outcomeOf(payloads: readonly Payload[], { seen, wrong }: Detector): XssOutcome {
  const fields = [
    ...new Set([
      ...Object.values(SHOWN_WITH).flat(),
      ...Object.values(PLACES_WITH).flatMap((places) => Object.keys(places)),
      ...DESK_FIELDS,
      ...BOT_FIELDS,
      ...TALK_FIELDS,
      ...Object.keys(CHAT_PLACES),
      ...PAGE_FIELDS,
      ...AUDIT_FIELDS,
      ...SETTINGS_PLACES,
      ...ACT_PLACES,
      'listRow',
      'search',
    ]),
  ]
  const unseen: Record<string, number[]> = {}
  for (const field of fields) {
    const missing = payloads.filter(({ number }) => !seen.has(`${number}.${field}`)).map(({ number }) => number)
    if (missing.length > 0) unseen[field] = missing
  }
  const shown = payloads.reduce(
    (sum, { number }) => sum + fields.filter((field) => seen.has(`${number}.${field}`)).length,
    0,
  )
  return { fields, shown, unseen, wrong: [...wrong] }
}
