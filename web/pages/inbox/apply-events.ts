/** What the feed's events change in the inbox's part of the cache. Loaded once, with the page. */
import type { QueryKey } from '@tanstack/react-query'
import {
  countConversations,
  getConversation,
  listRoads,
  type ConversationRow,
  type MessageView,
} from '#contract/calls/conversations.ts'
import { getContact, listActs, listSuggestions, type ContactView } from '#contract/calls/contacts.ts'
import { getMe } from '#contract/calls/members.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import type { ContactId, ConversationId } from '#contract/ids.ts'
import type { MeView } from '../../app/session.ts'
import { keyOf } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { onEvents } from '../../app/feed.ts'
import { belongs, unreadOf, withOwn, withRow } from './list/belongs.ts'
import { askReadSoon, changeRows, marked } from './list/read-marks.ts'
import { LIST, type ListPages } from './list/use-conversations.ts'
import type { ListQuery } from './search.ts'
import { lastStateOf } from './thread/thread-lines.ts'
import { keepTold, THREAD } from './thread/use-thread.ts'

onEvents((events) => {
  for (const event of events) apply(event)
}, touches)

/** A thread is read whole, a list by rows: what changed in one of them changed its answer. */
function touches(event: FeedEvent): QueryKey[] {
  switch (event.kind) {
    case 'message.added':
    case 'message.changed':
      return [
        [THREAD, event.message.conversation],
        [LIST],
        ...contactOf(event.message.conversation),
        keyOf(getConversation, { params: { id: event.message.conversation } }),
        keyOf(listRoads, { params: { id: event.message.conversation } }),
      ]
    case 'conversation.changed':
      return [
        [LIST],
        ...(event.conversation.contact ? [keyOf(getContact, { params: { id: event.conversation.contact } })] : []),
        keyOf(getConversation, { params: { id: event.conversation.id } }),
        keyOf(countConversations),
      ]
    case 'conversation.joined':
    case 'conversation.parted':
      return [[THREAD], [LIST], [getConversation.path], [listRoads.path], keyOf(countConversations)]
    case 'contact.changed':
      return [
        keyOf(getContact, { params: { id: event.contact.id } }),
        keyOf(listActs, { params: { id: event.contact.id } }),
        [listSuggestions.path],
        ...(event.contact.conversation ? [keyOf(listRoads, { params: { id: event.contact.conversation } })] : []),
      ]
    case 'contact.merged':
      return [[getContact.path], [listSuggestions.path], [listActs.path]]
    case 'channel.changed':
    case 'channel.removed':
      return [[listRoads.path]]
    case 'member.changed':
      return []
  }
}

function apply(event: FeedEvent): void {
  switch (event.kind) {
    case 'message.added':
    case 'message.changed':
      keepTold(event.message)
      keepLast(event.message)
      if (event.kind === 'message.added') {
        heardFrom(event.message)
        haveAnswered(event.message)
      }
      return
    case 'conversation.changed':
      keepConversation(event.conversation)
      return
    case 'conversation.joined':
      movedInto(event.conversation, event.into)
      return
    case 'conversation.parted':
      movedInto(event.conversation, event.from)
      return
    case 'contact.changed':
      keepContact(event.contact)
      return
    case 'contact.merged':
      for (const id of [event.contact, event.into])
        for (const call of [getContact, listSuggestions, listActs]) renew(keyOf(call, { params: { id } }))
      return
    case 'channel.changed':
    case 'channel.removed':
      renew([listRoads.path])
      return
    case 'member.changed':
      return
  }
}

/** A row as it is now, into every loaded list. */
export function keepConversation(told: ConversationRow): void {
  const row = marked(told)
  client.setQueryData<ConversationRow>(keyOf(getConversation, { params: { id: row.id } }), (before) =>
    before ? withOwn(told, before) : before,
  )
  if (row.contact) isCalledOtherwise(row.contact, row)
  const me = ownId()
  if (!me) return
  for (const [key, data] of client.getQueriesData<ListPages>({ queryKey: [LIST] })) {
    if (!data) continue
    const query = key[1] as ListQuery
    const isIn = belongs(row, query, me)
    const isKnown = data.pages.some((page) => page.items.some((each) => each.id === row.id))
    if (isIn === null && !isKnown) {
      renewSoon(key)
      continue
    }
    // Of a known one the list's own mark is the newer.
    const pages = withRow(data.pages, isKnown ? told : row, isIn ?? isKnown)
    client.setQueryData<ListPages>(key, { ...data, pages })
    if (pages.some((page) => page.items.some((each) => each.id === row.id && each.readCount === null)))
      askReadSoon(row.id)
  }
  renewSoon(keyOf(countConversations))
}

/** How far our last words came is shown in the row too, and changes without the conversation. */
function keepLast(message: MessageView): void {
  const state = lastStateOf(message)
  changeRows((row) =>
    row.last?.message === message.id && row.last.direction === 'out' && row.last.state !== state
      ? { ...row, last: { ...row.last, state } }
      : row,
  )
}

/** Whoever answers has mostly read what he answers (`server/delivery/send.ts`), in whichever window: how far, the server says. */
function haveAnswered({ direction, author, conversation }: MessageView): void {
  if (direction !== 'out' || author.member === null || author.member !== ownId()) return
  changeRows((row) => (row.id === conversation && unreadOf(row) > 0 ? { ...row, readCount: null } : row))
  askReadSoon(conversation)
}

const ownId = () => client.getQueryData<MeView>(keyOf(getMe))?.member.id

/** What the contact says or does opens and closes roads: a window begins, we are blocked, we are allowed again. */
function heardFrom({ direction, conversation }: MessageView): void {
  if (direction === 'in' || direction === 'event') renewRoads(conversation)
  if (direction === 'event') renew([getContact.path])
  // When they were last seen, and what they are called by now.
  if (direction === 'in') for (const key of contactOf(conversation)) renewSoon(key)
}

/** Whose conversation it is, as far as it was opened here. */
function contactOf(id: ConversationId): QueryKey[] {
  const row = client.getQueryData<ConversationRow>(keyOf(getConversation, { params: { id } }))
  return row?.contact ? [keyOf(getContact, { params: { id: row.contact } })] : []
}

/** A name that its network gave anew is told of the conversation only. */
function isCalledOtherwise(id: ContactId, { name, avatar }: ConversationRow): void {
  const key = keyOf(getContact, { params: { id } })
  const known = client.getQueryData<ContactView>(key)
  if (known && (known.name !== name || known.avatar !== avatar)) renewSoon(key)
}

export function keepContact(contact: ContactView): void {
  client.setQueryData(keyOf(getContact, { params: { id: contact.id } }), contact)
  // Of a merge or a split that was undone nothing else tells: the act itself looks otherwise by then.
  for (const call of [listSuggestions, listActs]) renew(keyOf(call, { params: { id: contact.id } }))
  if (contact.conversation) renewRoads(contact.conversation)
}

/** Messages moved between two threads: both are read afresh, and so are the lists. */
function movedInto(conversation: ConversationId, other: ConversationId): void {
  for (const id of [conversation, other]) {
    renew([THREAD, id])
    renew(keyOf(getConversation, { params: { id } }))
    renewRoads(id)
  }
  renew([LIST])
}

export function renewContact(id: ContactId): void {
  for (const call of [getContact, listSuggestions, listActs]) renew(keyOf(call, { params: { id } }))
}

const renewRoads = (id: ConversationId): void => renew(keyOf(listRoads, { params: { id } }))

const renew = (queryKey: readonly unknown[]): void => void client.invalidateQueries({ queryKey })

/** Many events in a row ask once. */
const SOON_MS = 400
const soon = new Map<string, ReturnType<typeof setTimeout>>()

function renewSoon(queryKey: readonly unknown[]): void {
  const name = JSON.stringify(queryKey)
  if (soon.has(name)) return
  soon.set(
    name,
    setTimeout(() => {
      soon.delete(name)
      renew(queryKey)
    }, SOON_MS),
  )
}
