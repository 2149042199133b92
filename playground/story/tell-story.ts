/** Plays a story through the real channels: people write on their phones, the shop answers by the API. */
import {
  changeConversation,
  listConversations,
  markRead,
  sendMessage,
  type ConversationRow,
} from '#contract/calls/conversations.ts'
import { changeContact } from '#contract/calls/contacts.ts'
import type { ChannelId, ContactId, ConversationId, MemberId } from '#contract/ids.ts'
import { plain, type Content } from '#contract/message/content.ts'
import type { Phone } from '#connector-kit/emulator/emulator.ts'
import type { Look } from '../looks.ts'
import type { Network } from '../phones.ts'
import { cupFromAbove } from './cup.ts'
import type { ParleyClient } from './parley-client.ts'
import type { Line, Story, Talk } from './story.ts'

export interface Told {
  conversation: ConversationId
  hoursAgo: number
}

export interface StoryDeps {
  parley: ParleyClient
  /** The messengers of the demo and the channel each has in Parley. */
  channels: readonly { network: Network; channel: ChannelId }[]
  /** A colleague's key → the member. */
  members: ReadonlyMap<string, MemberId>
}

const PATIENCE_MS = 20_000

/** One app after the other's talks would take minutes: apps go side by side, the talks of one app in turn. */
export async function tellStory(story: Story, deps: StoryDeps): Promise<Told[]> {
  const told = await Promise.all(
    deps.channels.map(async ({ network, channel }) => {
      const talks = story.talks.filter((talk) => talk.app === network.look.kind)
      const known = new Set<string>()
      const done: Told[] = []
      // The oldest first, as it went.
      for (const talk of talks.toSorted((one, other) => other.hoursAgo - one.hoursAgo)) {
        done.push(await tellTalk(talk, network.phone(talk.person), channel, known, deps))
        network.letPass(talk.person, talk.hoursAgo)
      }
      return done
    }),
  )
  return told.flat()
}

async function tellTalk(
  talk: Talk,
  phone: Phone,
  channel: ChannelId,
  known: Set<string>,
  deps: StoryDeps,
): Promise<Told> {
  const { parley } = deps
  let row: ConversationRow | undefined
  let arrived = 0
  const here = async (): Promise<ConversationRow> => {
    row = await until(async () => {
      const { items } = await parley(listConversations, { query: { channel, limit: 200 } })
      return items.find((each) => (row ? each.id === row.id : !known.has(each.id)) && each.inCount >= arrived)
    })
    return row
  }
  if (phoneStarts(talk.app)) await phone.start()
  for (const line of talk.lines) {
    if ('they' in line || 'photo' in line) {
      await phone.say(await contentOf(line, talk.subject))
      arrived++
      await here()
    } else {
      const { id } = await here()
      const words = 'we' in line ? line.we : line.note
      await parley(sendMessage, {
        params: { id },
        body: {
          text: words,
          ...('note' in line ? { note: true } : {}),
          ...('we' in line && line.choices ? { choices: buttons(line.choices) } : {}),
        },
      })
      if ('we' in line)
        await until(() => phone.sees().some(({ content }) => JSON.stringify(content).includes(firstWords(words))))
    }
  }
  const { id, contact, lastSeq } = await here()
  known.add(id)
  await settle(talk, { id, contact, lastSeq }, deps)
  return { conversation: id, hoursAgo: talk.hoursAgo }
}

/** Bots hear of people only after Start; letters and chats simply come. */
const phoneStarts = (app: Look['kind']): boolean => app === 'phone'

async function settle(
  talk: Talk,
  { id, contact, lastSeq }: { id: ConversationId; contact: ContactId | null; lastSeq: number },
  { parley, members }: StoryDeps,
): Promise<void> {
  const assignee = talk.assignee ? members.get(talk.assignee) : undefined
  if (assignee) await parley(changeConversation, { params: { id }, body: { assignee } })
  if (talk.tags && contact) await parley(changeContact, { params: { id: contact }, body: { tags: [...talk.tags] } })
  if (talk.closed) await parley(changeConversation, { params: { id }, body: { status: 'closed' } })
  if (talk.snoozedForHours) {
    const snoozeUntil = new Date(Date.now() + talk.snoozedForHours * 3_600_000).toISOString()
    await parley(changeConversation, { params: { id }, body: { snoozeUntil } })
  }
  if (talk.closed ?? talk.snoozedForHours) await parley(markRead, { params: { id }, body: { seq: lastSeq } })
}

async function contentOf(line: Theirs, subject: string | undefined): Promise<Content> {
  if ('they' in line) return { ...(subject ? { subject } : {}), ...plain(line.they) }
  const caption = line.caption ? { caption: { text: line.caption, entities: [] } } : {}
  const source = { remote: await cupFromAbove(line.photo) }
  return { parts: [{ kind: 'image', source, type: 'image/jpeg', name: 'cup.jpg', ...caption }] }
}
type Theirs = Extract<Line, { they: string } | { photo: string }>

const buttons = (labels: readonly string[]) => ({
  as: 'buttons' as const,
  once: false,
  rows: [labels.map((label) => ({ id: label, label, does: 'answer' as const, value: label }))],
})

/** Enough to recognise a message by, before anything a network may have changed in it. */
const firstWords = (words: string): string => JSON.stringify(words.split('\n')[0]!.slice(0, 40)).slice(1, -1)

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<NonNullable<T>> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error('the story stopped: what was said did not arrive')
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}
