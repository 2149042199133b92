/**
 * The names of our letters. `Message-ID: <ORIGIN.SIGN@our.domain>`: the message's own id, the same when it is sent again, and a
 * signature over it and the chat it was written in. Whoever answers with it has read that letter; nobody can guess it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { addressOf, asUnverified } from './addresses.ts'

/** 80 bits; hex, since some servers change the case of what they quote. */
const SIGN_CHARACTERS = 20
const OURS = /^([0-9a-z-]{8,64})\.([0-9a-f]{20})@/

const signOf = (secret: string, origin: string, chat: string): string =>
  createHmac('sha256', secret).update(`letter\n${origin}\n${chat}`).digest('hex').slice(0, SIGN_CHARACTERS)

/** Without the angle brackets. */
export const letterId = (secret: string, origin: string, chat: string, domain: string): string =>
  `${origin}.${signOf(secret, origin, chat)}@${domain}`

/** Whether we wrote a letter of this name in this chat. */
export function isOurLetter(secret: string, id: string, chat: string): boolean {
  const [, origin, sign] = OURS.exec(id.toLowerCase()) ?? []
  return (
    origin !== undefined &&
    sign !== undefined &&
    timingSafeEqual(Buffer.from(sign), Buffer.from(signOf(secret, origin, chat)))
  )
}

/** The header of a letter that went elsewhere: for whose letters that place was asked. */
export const WRITTEN_FOR = 'x-parley-for'

/**
 * What the name of a letter is signed over. Where its sender asked for answers elsewhere, `to` belongs to it: whoever gets it there need
 * not be the owner of the chat's address, and must not prove with it that he is.
 */
export const placeOf = (chat: string, to: string): string => (to === addressOf(chat) ? chat : `${chat}\nto ${to}`)

/** In which chat we wrote the letter of this name, which went to this address; `writtenFor`: what its header says. */
export const chatOfOurs = (
  secret: string,
  { id, to, writtenFor }: { id: string; to: string; writtenFor: string | null },
): string | undefined =>
  [to, asUnverified(to), ...(writtenFor === null ? [] : [writtenFor, asUnverified(writtenFor)])].find((chat) =>
    isOurLetter(secret, id, placeOf(chat, to)),
  )

/** Message ids in a header, in order, without their brackets. */
export function idsIn(value: string | undefined, most = 100): string[] {
  const ids: string[] = []
  for (const [, id] of (value ?? '').slice(0, 64 * 1024).matchAll(/<([^<>\s]{1,998})>/g)) {
    if (ids.length === most) ids.splice(1, 1)
    ids.push(id!)
  }
  return ids
}
