/** A workspace with one of everything that an id can name. */
import { createChannel } from '#contract/calls/channels.ts'
import { createLink, getContact } from '#contract/calls/contacts.ts'
import { changeConversation, listConversations, listMessages, sendMessage } from '#contract/calls/conversations.ts'
import { createMember, createToken, getMe, listSessions } from '#contract/calls/members.ts'
import type { FileId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import type { TelegramEmulator } from '#connectors/telegram/emulator.ts'
import type { TelegramPhone } from '#connectors/telegram/emulator/phone.ts'
import type { Client } from './client.ts'
import { until } from './parts.ts'
import { aPng } from './samples.ts'
import { OWNER, type WholeParley } from './whole-parley.ts'

export type Furnished = Awaited<ReturnType<typeof furnish>>

let made = 0

/** @param owner  who may do everything in it */
export async function furnish(parley: WholeParley, owner: Client, telegram: TelegramEmulator) {
  const mark = `mark${++made}`
  const bot = telegram.addBot({ handle: `${mark}_bot` })
  const settings = { ...bot.settings, receive: 'webhook' }
  const channel = await owner.call(createChannel, { body: { connector: 'telegram', name: mark, settings } })

  const talk = async (name: string, phone: TelegramPhone = telegram.phone(name, bot)) => {
    await phone.say(plain(`Hello from ${name}`))
    const conversation = await until(async () => {
      const { items } = await owner.call(listConversations, { query: { q: name } })
      return items.find((each) => each.last)
    })
    const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
    return { phone, conversation: conversation.id, contact: conversation.contact!, message: items[0]!.id }
  }
  const ann = await talk(`Ann ${mark}`)
  const bob = await talk(`Bob ${mark}`)
  const { identities } = await owner.call(getContact, { params: { id: ann.contact } })

  const say = async (conversation: typeof ann.conversation, body: { text: string; sendAt?: string }) => {
    const { id } = await owner.call(sendMessage, { params: { id: conversation }, body })
    return { id, conversation }
  }
  const ended = ({ id, conversation }: Awaited<ReturnType<typeof say>>) =>
    until(async () => {
      const { items } = await owner.call(listMessages, { params: { id: conversation }, query: {} })
      const [delivery] = items.find((each) => each.id === id)!.deliveries
      return delivery && !['queued', 'sending'].includes(delivery.state) && { ...delivery, message: id }
    })
  const sent = await ended(await say(ann.conversation, { text: `Answer ${mark}` }))
  const later = new Date(Date.now() + 86_400_000).toISOString()
  const queued = await say(ann.conversation, { text: `Later ${mark}`, sendAt: later })
  const { items } = await owner.call(listMessages, { params: { id: ann.conversation }, query: {} })
  const [waiting] = items.find((each) => each.id === queued.id)!.deliveries
  // The platform’s refusal, not the person’s act: that would be told to us, and nothing could be said any more. More than one, for it also
  // meets whoever asks for a picture of somebody new.
  const lost = async (conversation: typeof ann.conversation, text: string) => {
    telegram.fault({ is: 'blocked' }, 9)
    const delivery = await ended(await say(conversation, { text }))
    telegram.calm()
    return delivery
  }
  const failed = await lost(bob.conversation, `Lost ${mark}`)
  const carl = await talk(`Carl ${mark}`)
  const failedToo = await lost(carl.conversation, `Lost too ${mark}`)

  // He can be reached again: what failed may be resent.
  await bob.phone.say(plain('Back again'))
  await until(async () => (await owner.call(getContact, { params: { id: bob.contact } })).identities[0]!.reach === 'ok')
  telegram.fault({ is: 'media_gone' }, 9)
  await ann.phone.say({ parts: [{ kind: 'image', source: { remote: '' }, type: 'image/png' }] })
  // Of two fields, so that either can be undone first.
  const change = async (body: { priority: number } | { status: 'pending' }) =>
    (await owner.call(changeConversation, { params: { id: bob.conversation }, body })).act
  const [act, otherAct] = [await change({ priority: 1 }), await change({ status: 'pending' })]
  const { link } = await owner.call(createLink, { params: { id: ann.contact }, body: { channel: channel.id } })
  const person = { name: mark, password: OWNER.password, role: 'agent' as const }
  const member = await owner.call(createMember, { body: { ...person, email: `${mark}@shop.example` } })
  const token = await owner.call(createToken, { body: { name: mark } })
  const me = await owner.call(getMe)
  const sessions = await owner.call(listSessions)
  const file = (await owner.upload(`${mark}.png`, 'image/png', await aPng(20, 20))) as FileId
  const unfetched = await until(async () => {
    // The pauses between its tries are not waited for.
    await parley.test.asOwner('update file_fetch set tries = 4, ready_at = now() where tries > 0 and failed is null')
    const { items: all } = await owner.call(listMessages, { params: { id: ann.conversation }, query: {} })
    return all.find(({ content: { parts } }) => parts.some((part) => 'source' in part && 'failed' in part.source))
  })
  telegram.calm()

  return {
    mark,
    settings,
    workspace: me.workspace.id,
    self: me.member.id,
    channel: channel.id,
    contact: ann.contact,
    otherContact: bob.contact,
    conversation: ann.conversation,
    otherConversation: bob.conversation,
    identity: identities[0]!.id,
    message: ann.message,
    ours: sent.message,
    unfetched: unfetched.id,
    sent: sent.id,
    queued: waiting!.id,
    failed: failed.id,
    failedToo: failedToo.id,
    act,
    otherAct,
    link: link.id,
    member: member.id,
    memberEmail: member.email!,
    token: token.id,
    tokenText: token.token,
    session: sessions.items[0]!.id,
    file,
    ann: ann.phone,
    bob: bob.phone,
  }
}
