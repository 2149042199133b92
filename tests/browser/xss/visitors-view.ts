/** The visitor's side: a shop's page on another origin, the chat open on it, and what the team and the visitor himself said. */
import { randomUUID } from 'node:crypto'
import type { SiteEmulator } from '#connectors/webchat/emulator.ts'
import { mark } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Payload } from './payloads.ts'
import { untilSeen, type Tour } from './tour.ts'

export const VISITORS_VIEW_FIELDS = ['chatTitle', 'greeting', 'elsewhere', 'answered', 'answeredButton', 'own'] as const

interface Given {
  site: SiteEmulator
  chat: string
  payloads: readonly Payload[]
  say(words: string): void
}

/** How many answers stand in one talk. */
const IN_ONE_TALK = 60

export async function chatOf(tour: Tour, { site, chat, payloads, say }: Given): Promise<void> {
  const { page, parley } = tour
  const as = ({ number, text }: Payload, field: (typeof VISITORS_VIEW_FIELDS)[number], most = 3_000) =>
    (mark(number, field) + text).slice(0, most).trim()
  // The chat's settings may be a minute old otherwise.
  await (await tour.context.newCDPSession(page)).send('Network.setCacheDisabled', { cacheDisabled: true })
  const wantedOf = (some: readonly Payload[], fields: readonly string[]) =>
    some.flatMap(({ number }) => fields.map((field) => `${number}.${field}`))

  for (let at = 0; at < payloads.length; at += IN_ONE_TALK) {
    const some = payloads.slice(at, at + IN_ONE_TALK)
    await openChat(tour, site.url)
    const hello = `hello ${randomUUID()}`
    await page.getByRole('dialog').getByRole('textbox').fill(hello)
    await page.keyboard.press('Enter')
    const conversation = await conversationSaying(tour, hello)
    const token = await page.evaluate(() =>
      localStorage.getItem(Object.keys(localStorage).find((key) => key.endsWith(':token')) ?? ''),
    )
    await inBatches(some, 3, async (payload) => {
      await parley.ask('POST', `/api/conversations/${conversation}/messages`, {
        parts: [
          {
            kind: 'text',
            text: as(payload, 'answered'),
            entities: [{ kind: 'link', offset: 0, length: 6, value: payload.url }],
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
    await untilSeen(tour, wantedOf(some, ['answered', 'answeredButton', 'own']))
    await page.evaluate(() => localStorage.clear())
  }
  say('the visitors’ side has shown all answers')
  for (const payload of payloads) {
    const elsewhere = { name: as(payload, 'elsewhere', 40), url: ELSEWHERE[payload.number % ELSEWHERE.length] }
    await parley.ask('PATCH', `/api/channels/${chat}`, {
      settings: {
        ...site.settings,
        title: as(payload, 'chatTitle', 60),
        greeting: as(payload, 'greeting', 500),
        elsewhere: [elsewhere],
      },
    })
    await openChat(tour, site.url)
    await untilSeen(tour, wantedOf([payload], ['chatTitle', 'greeting', 'elsewhere']))
  }
  say('the visitors’ side has shown all titles')
}

/** Those that settings take at all. */
const ELSEWHERE = [
  'https://xss.test/"onmouseover="top.__xss(0)',
  'tg://x?"><script>top.__xss(0)</script>',
  'mailto:a@b.test',
]

async function openChat({ page }: Tour, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: /open the chat/i }).click()
  await page.getByRole('dialog').getByRole('textbox').waitFor()
}

async function conversationSaying({ parley }: Tour, words: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const [row] = await parley.query<{ id: string }>(
      `select conversation_id as id from message where content->'parts'->0->>'text' = $1`,
      [words],
    )
    if (row) return row.id
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody heard "${words}"`)
}
