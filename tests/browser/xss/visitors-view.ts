/** The visitor's side: a shop's page on another origin, chats open on it, and what the team and the visitor himself said. */
import { randomUUID } from 'node:crypto'
import type { SiteEmulator } from '#connectors/webchat/emulator.ts'
import type { Desk } from './desk-door.ts'
import { mark, type Places } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Payload } from './payloads.ts'
import { whoSaid } from './site-door.ts'
import type { Street } from './street.ts'
import { untilSeen, type Tour } from './tour.ts'

export const TALK_FIELDS = ['answered', 'answeredButton', 'own'] as const
/** Where a visitor reads what the owner of the chat wrote into its settings: the same words stand in a form of the window. */
export const CHAT_PLACES: Places = {
  chatHead: 'h2',
  chatGreeting: '.greeting',
  chatElsewhere: 'nav.elsewhere:not([hidden])',
}

interface Given {
  site: SiteEmulator
  chat: string
  payloads: readonly Payload[]
  say(words: string): void
}

/** How many answers stand in one talk. */
const IN_ONE_TALK = 60
/** How many chats stand on one page. */
const ON_ONE_PAGE = 15

/** One chat on a shop's page, in which everything is said. */
export async function talksOf(tour: Tour, { site, chat, payloads, say }: Given): Promise<void> {
  const { page, parley } = tour
  const as = ({ number, text }: Payload, field: (typeof TALK_FIELDS)[number], most = 3_000) =>
    (mark(number, field) + text).slice(0, most).trim()

  for (let at = 0; at < payloads.length; at += IN_ONE_TALK) {
    const some = payloads.slice(at, at + IN_ONE_TALK)
    await page.goto(site.url)
    await page.getByRole('button', { name: /open the chat/i }).click()
    const hello = `hello ${randomUUID()}`
    await page.getByRole('dialog').getByRole('textbox').fill(hello)
    await page.keyboard.press('Enter')
    const { conversation } = await whoSaid(parley, hello)
    const token = await page.evaluate(() =>
      localStorage.getItem(Object.keys(localStorage).find((key) => key.endsWith(':token')) ?? ''),
    )
    await inBatches(some, 3, async (payload) => {
      await parley.ask('POST', `/api/conversations/${conversation}/messages`, {
        parts: [
          {
            kind: 'text',
            text: as(payload, 'answered'),
            entities: [
              { kind: 'link', offset: mark(payload.number, 'answered').length, length: 1, value: payload.url },
            ],
          },
        ],
        choices: {
          as: 'buttons',
          rows: [[{ id: 'a', label: as(payload, 'answeredButton', 60), does: 'link', value: payload.url || 'x' }]],
        },
      })
      const frame = { t: 'send', id: randomUUID(), parts: [{ kind: 'text', text: as(payload, 'own'), entities: [] }] }
      const response = await fetch(`${parley.url}/hooks/${chat}/frame`, {
        method: 'POST',
        headers: { origin: site.url, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(frame),
      })
      if (!response.ok) throw new Error(`a visitor was answered with ${response.status}`)
    })
    await untilSeen(
      tour,
      some.flatMap(({ number }) => TALK_FIELDS.map((field) => `${number}.${field}`)),
    )
    await page.evaluate(() => localStorage.clear())
  }
  say('the visitors’ side has shown all answers')
}

/**
 * Chats are told their names by `/config`, which a browser keeps for a minute; so its cache is off here. A session of the browser's tools
 * does that only after `Network.enable`: without it the order is taken and nothing happens.
 */
export async function chatsOf(tour: Tour, street: Street, all: readonly Desk[]): Promise<void> {
  const { page } = tour
  const tools = await tour.context.newCDPSession(page)
  await tools.send('Network.enable')
  await tools.send('Network.setCacheDisabled', { cacheDisabled: true })
  for (let at = 0; at < all.length; at += ON_ONE_PAGE) {
    const some = all.slice(at, at + ON_ONE_PAGE)
    await page.goto(street.pageOf(some.map(({ chat }) => chat)))
    await page.waitForFunction((count) => document.querySelectorAll('#parley-chat').length === count, some.length)
    await page.evaluate(() => {
      for (const { shadowRoot } of document.querySelectorAll('#parley-chat')) {
        shadowRoot!.querySelector<HTMLElement>('.launcher')!.click()
        shadowRoot!.querySelector<HTMLElement>('header button:not(.shut)')!.click()
      }
    })
    await untilSeen(
      tour,
      some.flatMap(({ payload }) => Object.keys(CHAT_PLACES).map((place) => `${payload.number}.${place}`)),
      CHAT_PLACES,
    )
    await page.evaluate(() => localStorage.clear())
  }
  await tools.detach()
}
