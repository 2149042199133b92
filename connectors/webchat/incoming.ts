/** A journaled act of a visitor → what it tells. Pure. */
import type { Context, Event, Incoming, Who } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import { isMedia, plain, type Part } from '#contract/message/content.ts'
import { ActBody, SignedInBody } from './events.ts'
import { originOf } from './origins.ts'
import { isCustomer } from './sessions.ts'
import type { Settings } from './settings.ts'

export function incoming({ body }: Event, { settings }: Context<Settings>): Incoming[] {
  const named = SignedInBody.safeParse(body).data
  if (named) return signedIn(named)
  const { data, error } = ActBody.safeParse(body)
  if (!data) throw new ApiChanged(`a visitor’s act: ${error.message}`)
  return told(data, settings)
}

/** The site's word about its customer is proof; what an unknown visitor says of himself is a label. */
function signedIn({ chat, signedIn: who, was }: SignedInBody): Incoming[] {
  const customer: Who = { id: chat, ...defined(who) }
  if (!was) return [{ is: 'profile', of: customer }]
  // Under the name that we gave him he would stay what he was called first.
  const visitor: Who = { id: was, ...defined({ name: who.name }), unverified: true }
  return [{ is: 'same', one: customer, other: visitor, how: 'sign_in' }]
}

function told({ chat, at: when, frame }: ActBody, settings: Settings): Incoming[] {
  const at = new Date(when)
  const by = (language?: string): Who => ({
    id: chat,
    ...(isCustomer(chat) ? {} : { unverified: true, called: visitorName(chat, settings, language) }),
    ...(language ? { language } : {}),
  })
  switch (frame.t) {
    case 'send':
      return [
        {
          is: 'message',
          ref: { chat, id: frame.id },
          by: by(frame.language),
          at,
          content: { parts: frame.parts.map(asSaid) },
          ...(frame.replyTo ? { replyTo: { chat, id: frame.replyTo } } : {}),
        },
      ]
    case 'edit':
      return [{ is: 'edit', target: { chat, id: frame.message }, by: by(), at, content: plain(frame.text) }]
    case 'delete':
      return [{ is: 'delete', target: { chat, id: frame.message }, by: by() }]
    case 'react':
      return [{ is: 'reaction', target: { chat, id: frame.message }, by: by(), set: frame.emoji }]
    case 'press':
      return [{ is: 'press', id: frame.id, chat, by: by(), at, value: frame.value, on: { chat, id: frame.message } }]
    case 'start':
      return [{ is: 'start', chat, by: by(), at, token: frame.link, from: 'link' }]
    case 'form':
      return [
        {
          is: 'profile',
          of: { ...by(frame.language), ...defined({ name: frame.name, email: frame.email, phone: frame.phone }) },
        },
      ]
    case 'seen':
      return frame.messages.map((id) => ({
        is: 'status',
        target: { chat, id },
        state: frame.read ? 'read' : 'delivered',
        at,
      }))
    case 'typing':
      return [{ is: 'typing', chat, by: by() }]
    case 'hello':
    case 'ping':
      return []
  }
}

/** Browsers send plain words: marks from outside would be a stranger's links in our window. */
function asSaid(part: Part): Part {
  if (part.kind === 'text') return { ...part, entities: [] }
  return isMedia(part) && part.caption ? { ...part, caption: { text: part.caption.text, entities: [] } } : part
}

/**
 * To tell visitors apart until they say a name: `v:9jzvTDw2Y…` → `Visitor 9jzv from shop.example`, in the language of the chat. A chat of
 * several sites names none of them.
 */
function visitorName(chat: string, { language: fixed, origins }: Settings, language = 'en'): string {
  const words = CALLED[(fixed === 'auto' ? language : fixed).startsWith('ru') ? 'ru' : 'en']
  const site = origins.length === 1 && !origins[0]!.includes('*') ? new URL(originOf(origins[0]!)).host : null
  return words(chat.replace(/^\w+:/, '').slice(0, 4), site)
}

const CALLED = {
  en: (tag: string, site: string | null) => (site ? `Visitor ${tag} from ${site}` : `Site visitor ${tag}`),
  ru: (tag: string, site: string | null) => (site ? `Гость ${tag} с ${site}` : `Гость сайта ${tag}`),
}

/** Without what was left empty. */
const defined = (who: Record<string, string | undefined>): Partial<Who> =>
  Object.fromEntries(Object.entries(who).filter(([, value]) => value))
