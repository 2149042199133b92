/**
 * Payloads × displayed fields, in a real browser. They come in by the doors that strangers, platforms and members have, into a whole
 * Parley; then the window and a visitor's chat are walked through, and every mark says that its payload stood there while nothing happened.
 *
 *   where it is drawn (web/, widget/, server/)              who brings it                     door
 *   list, thread, quotes, cards, polls, events, reactions    people and rooms of a messenger   telegram-door.ts
 *   letters, their files and heads                           whoever writes mail               mail-door.ts
 *   thread, files, a visitor's name, language, form          visitors of a site                site-door.ts
 *   contact: tags, facts, time zone; notes of
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
 *   menus, questions before something is taken away,
 *     comparing, parting and linking contacts, the preview
 *     of an answer, what waits after a restore               all of them                       acts-tour.ts
 *   titles of rooms, who has a conversation and types
 *     there, words at the edge, settings that a platform
 *     refuses: one at a time, in a window that stays open    all of them                       sweeps.ts
 *   addresses that are none, files by their address          anybody with a link               tour.ts (`visitAddress`)
 *
 * A look costs the same for one payload as for fifty; so what a payload says of one person stands in one thread, one room and one search show
 * many, and lists are looked at whole.
 *
 * The title of the window's own tab never holds anybody's words; the detector would see a mark in it as in any element.
 */
import type { Browser, BrowserContext } from '@playwright/test'
import startMail from '#connectors/email-imap/emulator.ts'
import startSite from '#connectors/webchat/emulator.ts'
import { launchBrowser } from '#tests/support/launch-browser.ts'
import { besieged, type Besieged } from '#tests/hostile/besieged.ts'
import {
  ACT_PLACES,
  compareNeighbours,
  considerLink,
  considerSplit,
  enlarge,
  lookAtHeld,
  preview,
  seeAssignMenu,
} from './acts-tour.ts'
import { bringIn, joined, rooms, strangers, type BroughtIn, type Person } from './bring-in.ts'
import { DESK_FIELDS, DESKS, desks } from './desk-door.ts'
import { detector, mark, marksOf, type Detector, type Places, type Refusal } from './detector.ts'
import { inBatches } from './in-batches.ts'
import { LETTER_FIELDS } from './mail-door.ts'
import { ANSWER_FIELDS, AUDIT_FIELDS, beginAnswer, FACT_FIELDS, NOTE_FIELDS, writeAbout } from './member-door.ts'
import { openPages, PAGE_FIELDS, readersUpdate } from './page-door.ts'
import type { Payload } from './payloads.ts'
import { BOT_FIELDS, platform as startPlatform } from './platform.ts'
import { seeAudit, seeDesks, seeSessions, seeUnreadable, SETTINGS_PLACES } from './settings-tour.ts'
import { hayOf, VISITOR_FIELDS, whoSaid } from './site-door.ts'
import { street as startStreet } from './street.ts'
import { sweepAssignee, sweepBot, sweepTitles, SWEPT_PLACES } from './sweeps.ts'
import { PRIVATE_FIELDS, ROOM_FIELDS } from './telegram-door.ts'
import {
  enter,
  leave,
  moveTo,
  openConversation,
  openSearch,
  scrollList,
  searchFor,
  shared,
  visitAddress,
  type Tour,
} from './tour.ts'
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
const WINDOWS = 3

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
    const contexts: BrowserContext[] = []
    for (let count = 0; count < WINDOWS + 1; count++) contexts.push(await aWindow(browser))
    const detected = await detector(contexts, [parley.url, site.url, street.url], isOfTheSanitiser)
    watched = detected
    const tours: Tour[] = []
    for (const context of contexts) {
      await signIn(parley, context)
      tours.push({ parley, context, detector: detected, page: await context.newPage() })
    }
    const [first, second, third, talks] = tours as [Tour, Tour, Tour, Tour]
    const windows = [first, second, third]
    const told = (what: string) => say(`${what}; ${detected.seen.size} seen, ${detected.wrong.size} wrong`)

    await enter(first)
    await moveTo(first.page, '/inbox?view=all')
    const brought = await bringIn(parley, {
      payloads,
      telegram,
      chat,
      secret: await platform.secret,
      origin: site.url,
      deliver: mail.deliver,
      // What arrives live is drawn too; but each window draws every event of all.
      whenFirstAreIn: async () => {
        await detected.inspect(first.page)
        await leave(first)
      },
    })
    const who = await strangers(parley)
    told(`${payloads.length} payloads are in`)

    await inBatches(payloads, AT_ONCE, async (payload) => {
      const { number } = payload
      const { conversation } = who(number, 'name')
      await parley.ask('POST', `/api/conversations/${conversation}/messages`, { text: 'Are you there?' })
      await writeAbout(parley, who(number, 'visitor'), payload)
      await beginAnswer(first, who(number, 'visitor'), payload)
    })
    told('members have written')
    await enter(first)
    await scrollList(first, payloads)
    await leave(first)
    const people = await joined(parley, payloads, who)
    told('the list was seen, contacts are joined')

    await Promise.all([
      walkPeople(windows.slice(1), people, brought, (done) => told(`${done} people seen`)),
      // One after the other: two cores are busy with three.
      (async () => {
        await talksOf(talks, { site, chat, payloads, say: told })
        await leave(talks)
        await openPages(first, platform, payloads)
        told('pages of long messages read')
        const all = await rooms(parley, payloads)
        await enter(first)
        for (const room of all) await openConversation(first, room.conversation, marksOf(room.payloads, ROOM_FIELDS))
        told(`${all.length} rooms seen`)
        await sweepTitles(first, all, payloads, brought.tell)
        told('titles of rooms seen')
      })(),
    ])
    told('people seen')

    const seat = desks(parley, platform, street.url)
    const [desk] = await seat(payloads.slice(0, 1))
    const reader = await whoSaid(parley, readersUpdate.message.text)
    await Promise.all([
      sweepAssignee(second, reader, desk!, payloads).then(() => told('assigned')),
      (async () => {
        await sweepBot(third, desk!, platform, payloads)
        told('bots and refusals seen')
      })(),
      preview(first, reader.conversation, payloads).then(() => told('previews seen')),
    ])
    await Promise.all(windows.map(leave))

    for (let at = 0; at < payloads.length; at += DESKS) {
      const seated = await seat(payloads.slice(at, at + DESKS))
      await Promise.all([
        chatsOf(talks, street, seated),
        seeDesks(second, seated, platform),
        seeAssignMenu(third, people[0]!, seated),
      ])
      told(`${at + seated.length} desks seen`)
    }

    await Promise.all([
      (async () => {
        await seeUnreadable(first, telegram, payloads)
        await seeAudit(first, payloads)
        await seeSessions(first, payloads)
        await leave(first)
        told('what could not be read, audit and sessions seen')
      })(),
      (async () => {
        await enter(second)
        await openSearch(second)
        for (const some of Map.groupBy(payloads, hayOf).values()) await searchFor(second, some)
        await leave(second)
        told('searched')
      })(),
      enter(third)
        .then(() => compareNeighbours([third], people))
        .then(() => told('contacts compared')),
    ])

    // Pictures are drawn anew from what came, and stand in the threads.
    const files = await parley.query<{ id: string }>(`select id from file where type not like 'image/%' order by id`)
    await shared(windows, files, (tour, { id }) => visitAddress(tour, `${parley.url}/api/files/${id}`))
    told(`${files.length} files opened by their address`)
    await shared(windows, payloads, (tour, { text, number }) => {
      const part = encodeURIComponent(text.toWellFormed().slice(0, 1_000))
      const address = ADDRESSES[number % ADDRESSES.length]!
      return visitAddress(tour, `${parley.url}${address.replaceAll('X', part)}`)
    })
    told('addresses that are none opened')

    for (const [rule, times] of detected.tolerated) say(`the sanitiser’s document: ${rule} refused ${times} times`)
    await lookAtHeld(first, people, ({ number, text }) => mark(number, 'heldText') + text)
    told('what is held was seen')
    isDone = true
    return outcomeOf(payloads, detected)
  } finally {
    await browser?.close()
    await Promise.all([platform.close(), mail.close(), site.close(), street.close()])
    if (!isDone) say(`its log is kept: ${parley.folder}/parley.log`)
    if (!isDone && watched) {
      const { unseen, wrong } = outcomeOf(payloads, watched)
      say(
        `not seen so far: ${Object.entries(unseen)
          .map(([field, numbers]) => `${field} ${numbers.length}`)
          .join(' ')}`,
      )
      say(`wrong: ${wrong.join(' · ')}`)
    }
    await parley.stop(!isDone)
  }
}

/** What one thread and its pane show of one person, and what can be opened from there. */
async function walkPeople(
  windows: readonly Tour[],
  people: readonly Person[],
  { types }: BroughtIn,
  say: (done: number) => void,
) {
  await Promise.all(windows.map(enter))
  await shared(
    windows,
    people,
    async (tour, { conversation, payload }) => {
      const wanted = [...PERSON_FIELDS, ...Object.keys(PERSON_PLACES)]
      await openConversation(tour, conversation, marksOf([payload], wanted), PERSON_PLACES)
      await enlarge(tour, payload.number)
      await considerSplit(tour, payload.number)
      await considerLink(tour, payload.number, () => types(payload.number))
    },
    say,
  )
  await Promise.all(windows.map(leave))
}

const PERSON_FIELDS = [
  ...PRIVATE_FIELDS,
  ...LETTER_FIELDS,
  ...VISITOR_FIELDS,
  ...FACT_FIELDS,
  ...NOTE_FIELDS,
  ...ANSWER_FIELDS,
]

/** What the same words are looked for in, besides. */
const PERSON_PLACES: Places = { writer: 'article [class*=author]', contactPane: 'aside', header: 'header h2' }

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

/** One of its own for each page: to a browser all but the foremost page of a window lie in the background, and get what time is left. */
async function aWindow(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1600, height: 1000 },
    // Nobody looks at what is painted.
    deviceScaleFactor: 0.25,
    // What slides or fades is there at once.
    reducedMotion: 'reduce',
    // That a file is handed over as one is all that counts.
    acceptDownloads: false,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

async function signIn(parley: Besieged, context: BrowserContext): Promise<void> {
  const response = await context.request.post(`${parley.url}/api/session`, {
    data: { email: parley.owner.email, password: parley.owner.password },
    headers: { origin: parley.url },
  })
  if (!response.ok()) throw new Error(`signing in was answered with ${response.status()}`)
}

function outcomeOf(payloads: readonly Payload[], { seen, wrong }: Detector): XssOutcome {
  const fields = [
    ...new Set([
      ...PERSON_FIELDS,
      ...Object.keys(PERSON_PLACES),
      ...ROOM_FIELDS,
      ...SWEPT_PLACES,
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
