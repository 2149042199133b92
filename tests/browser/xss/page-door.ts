/**
 * Texts that are too long for a messenger even in pieces: the reader gets a link to a page of ours. It shows what the message says now, so
 * one message, edited again and again, shows them all: many payloads in its text, and each once at the beginning, which is its title.
 */
import type { Page } from '@playwright/test'
import { mark } from './detector.ts'
import type { Payload } from './payloads.ts'
import { READER, type Platform } from './platform.ts'
import { untilSeen, type Tour } from './tour.ts'

export const PAGE_FIELDS = ['page', 'pageTitle'] as const

/** A call takes 65,536 characters. */
const MOST = 60_000
/** More pieces than a messenger gets. */
const LEAST = 30_000
const FILLER = 'All sales are final. '

export const readersUpdate = {
  message: { message_id: 1, date: 1, chat: { ...READER, type: 'private' }, from: READER, text: 'Send me the terms' },
}

export async function openPages(tour: Tour, platform: Platform, payloads: readonly Payload[]): Promise<void> {
  const { parley, page } = tour
  const [row] = await parley.query<{ id: string }>(
    `select c.id from conversation c join identity i on i.contact_id = c.contact_id where i.name = $1`,
    [READER.first_name],
  )
  const [first = '', ...others] = textsOf(payloads)
  const message = await parley.ask<{ id: string }>('POST', `/api/conversations/${row!.id}/messages`, {
    text: first.padEnd(LEAST, FILLER),
  })
  const address = `${parley.url}${await linkIn(platform)}`
  const show = async (text: string) => {
    await parley.ask('PATCH', `/api/messages/${message.id}`, { text })
    await visit(page, address)
  }
  await visit(page, address)
  await untilSeen(tour, marksIn(first, 'page'))
  for (const text of others) {
    await show(text)
    await untilSeen(tour, marksIn(text, 'page'))
  }
  for (const payload of payloads) {
    await show(paragraphOf(payload))
    await untilSeen(tour, [`${payload.number}.pageTitle`], { pageTitle: 'title' })
  }
}

const paragraphOf = ({ number, text }: Payload) => mark(number, 'page') + text
const marksIn = (text: string, field: string) =>
  [...text.matchAll(/zq(\d+)\.page\./g)].map(([, number]) => `${number}.${field}`)

function textsOf(payloads: readonly Payload[]): string[] {
  const texts: string[] = []
  let text = ''
  for (const payload of payloads) {
    const next = `${paragraphOf(payload)}\n\n`
    if (text.length + next.length > MOST) {
      texts.push(text)
      text = ''
    }
    text += next
  }
  return [...texts, text]
}

async function linkIn(platform: Platform): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const link = platform.read.map((text) => /\/m\/[\w-]+/.exec(text)?.[0]).find((each) => each !== undefined)
    if (link) return link
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the reader got no link to a page')
}

async function visit(page: Page, address: string): Promise<void> {
  const response = await page.goto(address)
  if (response?.status() !== 200) throw new Error(`the page of a message was answered with ${response?.status()}`)
}
