/**
 * What the events of a batch prove about people, in the transaction that recorded them.
 *
 * a token came → the new road is asked once "Continue your talk with Shop?" → its yes, pressed or typed, proves that both are one
 * → contacts merge, threads become one, the old road is told and a member can undo
 * a spent one came → it is told to be one
 * the platform's own word, or a site's signature ("same") → merged at once
 */
import { sql } from 'kysely'
import type { ChannelId, ContactId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Identity } from '#server/contacts/identities.ts'
import { arriveByToken, confirmLink, declineLink, isSpent } from '#server/contacts/links.ts'
import { mergeContacts } from '#server/contacts/merge.ts'
import { joinConversations } from '#server/conversations/join.ts'
import type { BatchPlan } from '#server/conversations/told.ts'
import { say } from '#server/delivery/enqueue.ts'
import type { Tx } from '#server/platform/database.ts'

/** What is said to people, in the languages of the window; a contact's own language decides, else the workspace's. */
const WORDS = {
  en: {
    ask: (name: string) => `Continue your talk with ${name} here?`,
    yes: 'Yes',
    no: 'No',
    joined: (network: string) => `You now also write to us by ${network}. If that was not you, tell us.`,
    welcome: 'Done. We remember what we talked about.',
    refused: 'All right, nothing was joined.',
    spent: 'This link was used before or is too old. Just write here: we read it.',
  },
  ru: {
    ask: (name: string) => `Продолжить здесь разговор с «${name}»?`,
    yes: 'Да',
    no: 'Нет',
    joined: (network: string) => `Теперь вы пишете нам и через ${network}. Если это были не вы, сообщите нам.`,
    welcome: 'Готово. Мы помним, о чём говорили.',
    refused: 'Хорошо, ничего не объединено.',
    spent: 'Эта ссылка уже использована или устарела. Просто напишите сюда: мы прочитаем.',
  },
} as const

const YES = /^\s*(yes|да|y|1)\s*[.!]?\s*$/i
const NO = /^\s*(no|нет|n|2)\s*[.!]?\s*$/i
const ANSWER = /^link:(yes|no):([0-9a-f-]{36})$/

export type Channels = Map<ChannelId, LiveChannel>

/** @returns channels that have something to send now */
export async function proveFrom(
  tx: Tx,
  workspace: WorkspaceId,
  plan: BatchPlan,
  channels: Channels,
): Promise<Set<ChannelId>> {
  const waking = new Set<ChannelId>()
  for (const each of plan.tokens) if (await askBack(tx, workspace, each, channels)) waking.add(each.channel)
  for (const press of plan.presses) {
    const [, word, link] = ANSWER.exec(press.value) ?? []
    if (word && link)
      await settleAnswer(
        tx,
        workspace,
        { word, link, identity: press.identity, channel: press.channel },
        channels,
        waking,
      )
  }
  for (const message of plan.messages) await typedAnswer(tx, workspace, message, channels, waking)
  for (const { one, other, how } of plan.same) await mergeByProof(tx, workspace, one, other, how)
  return waking
}

async function askBack(
  tx: Tx,
  workspace: WorkspaceId,
  came: BatchPlan['tokens'][number],
  channels: Channels,
): Promise<boolean> {
  const arrival = await arriveByToken(tx, workspace, came.token, came.identity.id)
  const { words, name } = await wordsFor(tx, workspace, came.identity.id)
  if (!arrival)
    return (
      (await isSpent(tx, workspace, came.token, came.identity.id)) &&
      tell(tx, workspace, came.identity, came.channel, plainly(words.spent), channels)
    )
  if (arrival.alreadySame) return false
  const content: Content = {
    parts: [{ kind: 'text', text: words.ask(name), entities: [] }],
    choices: {
      as: 'buttons',
      rows: [
        [
          { id: `link:yes:${arrival.link}`, label: words.yes, does: 'answer' },
          { id: `link:no:${arrival.link}`, label: words.no, does: 'answer' },
        ],
      ],
      once: true,
    },
  }
  return tell(tx, workspace, came.identity, came.channel, content, channels)
}

/** On networks without buttons, and by people who type: a bare yes or no right after the question. */
async function typedAnswer(
  tx: Tx,
  workspace: WorkspaceId,
  message: BatchPlan['messages'][number],
  channels: Channels,
  waking: Set<ChannelId>,
): Promise<void> {
  if (message.direction !== 'in') return
  const text = message.content.parts.find((part) => part.kind === 'text')?.text ?? ''
  const word = YES.test(text) ? 'yes' : NO.test(text) ? 'no' : null
  if (!word) return
  const { rows } = await sql<{ link: string; identity: Identity }>`
    select l.id as link, jsonb_build_object('id', i.id, 'contact', i.contact_id) as identity from proof_link l
      join identity i on i.workspace_id = l.workspace_id and i.id = l.asked_by
     where l.workspace_id = ${workspace} and l.asked_by = ${message.author} and l.used_at is null and l.revoked_at is null
       and l.asked_at > now() - interval '1 day' order by l.asked_at desc limit 1`.execute(tx)
  if (rows[0]) await settleAnswer(tx, workspace, { word, ...rows[0], channel: message.channel }, channels, waking)
}

async function settleAnswer(
  tx: Tx,
  workspace: WorkspaceId,
  given: { word: string; link: string; identity: Pick<Identity, 'id'>; channel: ChannelId },
  channels: Channels,
  waking: Set<ChannelId>,
): Promise<void> {
  const { words } = await wordsFor(tx, workspace, given.identity.id)
  if (given.word === 'no') {
    if (!(await declineLink(tx, workspace, given.link, given.identity.id))) return
    if (await tell(tx, workspace, given.identity, given.channel, plainly(words.refused), channels))
      waking.add(given.channel)
    return
  }
  const contact = await confirmLink(tx, workspace, given.link, given.identity.id)
  if (!contact) return
  const old = await oldRoad(tx, workspace, contact)
  if (!old || !(await mergeByProof(tx, workspace, old.identity, given.identity.id, 'link'))) return
  if (await tell(tx, workspace, given.identity, given.channel, plainly(words.welcome), channels))
    waking.add(given.channel)
  const network = channels.get(given.channel)?.connector.manifest.name.en ?? ''
  if (await tell(tx, workspace, { id: old.identity }, old.channel, plainly(words.joined(network)), channels))
    waking.add(old.channel)
}

/** @returns whether anything was joined */
async function mergeByProof(
  tx: Tx,
  workspace: WorkspaceId,
  one: IdentityId,
  other: IdentityId,
  how: string,
): Promise<boolean> {
  const { rows } = await sql<{ id: IdentityId; contact: ContactId | null; born: Date }>`
    select i.id, i.contact_id as contact, c.created_at as born from identity i left join contact c on c.workspace_id = i.workspace_id and c.id = i.contact_id
     where i.workspace_id = ${workspace} and i.id in (${one}, ${other})`.execute(tx)
  // The contact known longer keeps its name and number.
  const [into, from] = rows.toSorted((a, b) => Number(a.born) - Number(b.born))
  if (!into?.contact || !from?.contact || into.contact === from.contact) return false
  const merged = await mergeContacts(tx, workspace, into.contact, from.contact, {
    kind: 'proof',
    how,
    one: into.id,
    other: from.id,
    member: null,
  })
  await joinConversations(tx, workspace, merged.into, merged.from)
  return true
}

/** Where the contact was last heard: the road that is told. */
async function oldRoad(
  tx: Tx,
  workspace: WorkspaceId,
  contact: ContactId,
): Promise<{ identity: IdentityId; channel: ChannelId } | null> {
  const { rows } = await sql<{ identity: IdentityId; channel: ChannelId }>`
    select i.id as identity, r.channel_id as channel from identity i join road r on r.workspace_id = i.workspace_id and r.identity_id = i.id
     where i.workspace_id = ${workspace} and i.contact_id = ${contact} order by r.last_in_at desc nulls last limit 1`.execute(
    tx,
  )
  return rows[0] ?? null
}

async function wordsFor(tx: Tx, workspace: WorkspaceId, identity: IdentityId) {
  const { rows } = await sql<{ name: string; language: string }>`
    select w.name, coalesce(i.language, w.language) as language from workspace w join identity i on i.workspace_id = w.workspace_id and i.id = ${identity}
     where w.workspace_id = ${workspace}`.execute(tx)
  const { name = '', language = 'en' } = rows[0] ?? {}
  return { name, words: language.startsWith('ru') ? WORDS.ru : WORDS.en }
}

const plainly = (text: string): Content => ({ parts: [{ kind: 'text', text, entities: [] }] })

/** Says something to this address, by this channel, where its talk stands now. */
async function tell(
  tx: Tx,
  workspace: WorkspaceId,
  identity: Pick<Identity, 'id'>,
  channel: ChannelId,
  content: Content,
  channels: Channels,
): Promise<boolean> {
  const { rows } = await sql<{ id: ConversationId; subject: string | null }>`
    select c.id, (select m.content ->> 'subject' from message m where m.workspace_id = c.workspace_id and m.shown_in = c.id and m.channel_id = ${channel}
                   and m.content ? 'subject' order by m.placed desc limit 1) as subject
      from identity i join conversation c on c.workspace_id = i.workspace_id and c.contact_id = i.contact_id and c.joined_into is null
     where i.workspace_id = ${workspace} and i.id = ${identity.id}`.execute(tx)
  const conversation = rows[0]
  if (!conversation) return false
  const subject = channels.get(channel)?.abilities.subject?.out ? conversation.subject : null
  await say(tx, workspace, {
    conversation: conversation.id,
    content: subject ? { ...content, subject: /^re:/i.test(subject) ? subject : `Re: ${subject}` } : content,
    road: { identity: identity.id, channel, why: [{ code: 'reply_target' }] },
    member: null,
    cause: { rule: 'proof_link' },
    replyTo: null as MessageId | null,
    thread: null,
    clientId: null,
    sendAt: null,
    class: 2,
  })
  return true
}
