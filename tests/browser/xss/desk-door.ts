/**
 * Payloads at the desks: names of colleagues and of channels, what a site's chat is called, and bots as their platform calls them. A page
 * shows so many at once; the next payloads get the same desks, named anew.
 */
import type { Besieged } from '#tests/hostile/besieged.ts'
import { mark } from './detector.ts'
import { inBatches } from './in-batches.ts'
import type { Payload } from './payloads.ts'
import { tokenOf, type Platform } from './platform.ts'

/** The window asks for 200 channels: a chat and a bot for each payload, and those that messages come by. */
export const DESKS = 90

export const DESK_FIELDS = ['member', 'channel'] as const

export interface Desk {
  readonly payload: Payload
  /** Its number among the desks. */
  readonly place: number
  readonly member: string
  /** By which the member signs in; the password is the owner's. */
  readonly email: string
  readonly chat: string
  readonly bot: string
}

const AT_ONCE = 4
/** Those that settings take at all. */
const ELSEWHERE = [
  'https://xss.test/"onmouseover="top.__xss(0)',
  'tg://x?"><script>top.__xss(0)</script>',
  'mailto:a@b.test',
]

/** @param site  the origin on which the chats are */
export function desks(parley: Besieged, platform: Platform, site: string) {
  const known: Omit<Desk, 'payload' | 'place'>[] = []

  return async (payloads: readonly Payload[]): Promise<Desk[]> => {
    const made: Desk[] = []
    await inBatches([...payloads.entries()], AT_ONCE, async ([place, payload]) => {
      const as = (field: string, most = 100) => (mark(payload.number, field) + payload.text).slice(0, most).trim()
      const name = as('member')
      const chat = { name: as('channel'), settings: chatSettings(site, payload, as) }
      platform.namesBot(place, payload)
      const desk = known[place]
      if (desk) {
        await parley.ask('PATCH', `/api/members/${desk.member}`, { name })
        await parley.ask('PATCH', `/api/channels/${desk.chat}`, chat)
        await parley.ask('POST', `/api/channels/${desk.bot}/check`, {})
      } else {
        const email = `m${place}@shop.example`
        const person = { email, password: parley.owner.password, role: 'agent' }
        const { id: member } = await parley.ask<{ id: string }>('POST', '/api/members', { name, ...person })
        const bot = { token: tokenOf(place), apiUrl: platform.url, receive: 'webhook' }
        known[place] = {
          member,
          email,
          chat: await parley.channel('webchat', chat.settings, chat.name),
          bot: await parley.channel('telegram', bot, `bot ${place}`),
        }
        // It learned who it is before it had an address that the platform could complain of.
        await platform.isCalled(place)
        await parley.ask('POST', `/api/channels/${known[place].bot}/check`, {})
      }
      made.push({ payload, place, ...known[place]! })
    })
    return made
  }
}

const chatSettings = (site: string, { number }: Payload, as: (field: string, most: number) => string) => ({
  origins: [site],
  title: as('chatTitle', 60),
  greeting: as('greeting', 500),
  elsewhere: [{ name: as('elsewhere', 40), url: ELSEWHERE[number % ELSEWHERE.length] }],
})
