/**
 * Search over all history: words in Russian and English forms through a subscription of the feed, so that no message waits for its
 * index; names of contacts for small slips. The index is of this database alone and is rebuilt from the messages when they moved; meanwhile
 * what it holds is found.
 */
import { sql } from 'kysely'
import type { MessageHit } from '#contract/calls/search.ts'
import { search as searchCall } from '#contract/calls/search.ts'
import type { ConversationId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { findableWordsOf, type Content } from '#contract/message/content.ts'
import { contactViews, findContacts } from '#server/contacts/views.ts'
import { takeBatch, type Subscription } from '#server/feed/subscription.ts'
import { answer } from '#server/platform/calls.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Log } from '#server/platform/log.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { turns } from '#server/platform/turns.ts'

/** Word forms of both languages: PostgreSQL's `russian` stems words in Latin letters as English. */
const vector = (text: ReturnType<typeof sql>) => sql`to_tsvector('russian', ${text})`

/** Longest text that is indexed; a letter of a megabyte is found by its beginning. */
const MOST_WORDS = 20_000
/** Windows wait for whoever writes: a page of long letters takes some hundred milliseconds. */
const REBUILD_PAGE = 100
const POLL_MS = 1_000

const subscription: Subscription = {
  name: 'search',
  // What windows hear waits for whoever writes.
  batch: 100,
  handle: async (tx, workspace, events) => {
    const ids = events
      .filter((event) => event.kind === 'message.added' || event.kind === 'message.changed')
      .map((event) => event.subject as MessageId)
    await index(tx, workspace, [...new Set(ids)])
  },
  rebuild: async (tx, workspace, after) => {
    // Of what is indexed too, or words would stay of which no message is left.
    const { rows } = await sql<{ id: MessageId }>`
      (select id from message where workspace_id = ${workspace} and id > ${after} order by id limit ${REBUILD_PAGE})
      union
      (select message_id from message_words where workspace_id = ${workspace} and message_id > ${after} order by message_id limit ${REBUILD_PAGE})
      order by 1 limit ${REBUILD_PAGE}`.execute(tx)
    const ids = rows.map((row) => row.id)
    await index(tx, workspace, ids, 'anew')
    return ids.length < REBUILD_PAGE ? null : ids.at(-1)!
  },
}

/** @param anew  whatever is indexed of them */
async function index(tx: Tx, workspace: WorkspaceId, ids: MessageId[], anew?: 'anew'): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<{ id: MessageId; content: Content; placed: string; deleted: boolean }>`
    select id, content, placed::text as placed, deleted_at is not null as deleted from message m
     where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`m.id`, ids)}
       -- most changes are of a delivery's state: the words are the same
       and (${anew !== undefined} or edited_at is not null or deleted_at is not null
            or not exists (select from message_words w where w.workspace_id = m.workspace_id and w.message_id = m.id))`.execute(
    tx,
  )
  const worded = rows.map((row) => ({
    ...row,
    words: row.deleted ? '' : findableWordsOf(row.content).slice(0, MOST_WORDS),
  }))
  const found = worded.filter((row) => row.words !== '')
  const has = new Set(found.map((row) => row.id))
  const gone = (anew ? ids : worded.map((row) => row.id)).filter((id) => !has.has(id))
  if (gone.length > 0)
    await sql`delete from message_words where workspace_id = ${workspace} and message_id = any (${gone}::uuid[])`.execute(
      tx,
    )
  if (found.length === 0) return
  await sql`
    insert into message_words (workspace_id, message_id, placed, words)
    select ${workspace}, id, placed, ${vector(sql`words`)}
      from unnest(${found.map((row) => row.id)}::uuid[], ${found.map((row) => row.placed)}::timestamptz[], ${found.map((row) => row.words)}::text[]) as n (id, placed, words)
    on conflict (workspace_id, message_id) do update set placed = excluded.placed, words = excluded.words
     where (message_words.placed, message_words.words) is distinct from (excluded.placed, excluded.words)`.execute(tx)
}

export interface SearchIndex {
  close(): Promise<void>
}

export function startSearch(deps: { database: Database; log: Log; workspaces(): Promise<WorkspaceId[]> }): SearchIndex {
  const { database, log } = deps
  /** Workspaces that may have something new; the first is next. */
  const waiting = new Set<WorkspaceId>()
  const indexing = turns({ turn, failed: (error) => log.debug({ error }, 'the index waits for the database') })
  const timer = setInterval(() => void lookAtAll(), POLL_MS)

  /** One batch of one workspace, which then goes behind the others: an index is never in a hurry. @returns whether more waits */
  async function turn(): Promise<boolean> {
    const [workspace] = waiting
    if (workspace === undefined) return false
    waiting.delete(workspace)
    try {
      if (await takeBatch(database, workspace, subscription)) waiting.add(workspace)
    } catch (error) {
      log.debug({ workspace, error }, 'a batch of the index was put back')
    }
    return waiting.size > 0
  }

  async function lookAtAll(): Promise<void> {
    try {
      for (const workspace of await deps.workspaces()) waiting.add(workspace)
      await indexing.ask()
    } catch (error) {
      log.debug({ error }, 'the index waits for the database')
    }
  }

  return {
    close: async () => {
      clearInterval(timer)
      await indexing.close()
    },
  }
}

// ---------------------------------------------------------------- asking

interface Row {
  message: MessageId
  conversation: ConversationId
  conversationName: string
  authorName: string
  at: Date
  placed: string
  network: string | null
  content: Content
  lexemes: string[]
}

/** Words around the first hit. */
const AROUND = 80

export const searchCalls = ({ database }: { database: Database }) => [
  answer(searchCall, ({ query }, caller) =>
    database.inWorkspace(caller.workspace, async (tx) => {
      const after = readPageCursor(query.cursor, ['time', 'uuid'])
      const [rows, contacts] = await Promise.all([
        findMessages(tx, caller.workspace, query.q, after, query.limit + 1),
        after ? [] : findContacts(tx, caller.workspace, query.q, undefined, 10),
      ])
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      return {
        messages: page.map((row) => hitOf(row, query.q)),
        contacts: await contactViews(tx, caller.workspace, contacts),
        next: rows.length > query.limit && last ? writePageCursor([last.placed, last.message]) : null,
      }
    }),
  ),
]

async function findMessages(
  tx: Tx,
  workspace: WorkspaceId,
  words: string,
  after: readonly [string, string] | null,
  limit: number,
): Promise<Row[]> {
  // The last word may be half typed.
  const prefix = /[\p{L}\p{N}]+$/u.exec(words)?.[0] ?? ''
  const { rows } = await sql<Row>`
    with q as (select websearch_to_tsquery('russian', ${words}) ${
      prefix
        ? sql`|| (case when ${words} ~ '^[[:alnum:]]+$' then to_tsquery('simple', ${`${prefix}:*`}) else websearch_to_tsquery('simple', ${words}) end)`
        : sql``
    } as query),
    hits as (
      select f.* from q, find_words(q.query, ${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid, ${limit}) f)
    select m.id as message, m.shown_in as conversation, h.placed::text as placed, m.at, m.content, ch.network,
           coalesce(mb.name, ai.name, ai.handle, '') as "authorName",
           coalesce(co.name, (select i.name from identity i where i.workspace_id = c.workspace_id and (i.contact_id = c.contact_id or i.id = c.room_id)
                              and i.name is not null order by i.id limit 1), '') as "conversationName"
      from hits h join message m on m.workspace_id = ${workspace} and m.id = h.message_id and m.deleted_at is null
      join conversation c on c.workspace_id = m.workspace_id and c.id = m.shown_in
      left join contact co on co.workspace_id = c.workspace_id and co.id = c.contact_id
      left join member mb on mb.workspace_id = m.workspace_id and mb.id = m.author_member
      left join identity ai on ai.workspace_id = m.workspace_id and ai.id = m.author_identity
      left join channel ch on ch.workspace_id = m.workspace_id and ch.id = m.channel_id
     order by h.placed desc, h.message_id desc`.execute(tx)
  return rows
}

function hitOf(row: Row, q: string): MessageHit {
  const { text, marks } = excerpt(findableWordsOf(row.content).replaceAll(/\s+/g, ' '), q)
  const { message, conversation, conversationName, authorName, network } = row
  return { message, conversation, conversationName, authorName, at: row.at.toISOString(), network, words: text, marks }
}

/** Marks words that begin like the asked ones: forms differ at their ends. */
export function excerpt(text: string, q: string): { text: string; marks: [number, number][] } {
  const stems = (q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    word.slice(0, Math.max(3, word.length - 2)),
  )
  const found = [...text.matchAll(/[\p{L}\p{N}]+/gu)].filter((match) =>
    stems.some((stem) => match[0].toLowerCase().startsWith(stem)),
  )
  const first = found[0]?.index ?? 0
  const from = first <= AROUND ? 0 : Math.max(0, text.indexOf(' ', first - AROUND) + 1)
  const cut = text.slice(from, from + AROUND * 3)
  const marks = found
    .map((match): [number, number] => [match.index - from, match.index - from + match[0].length])
    .filter(([start, end]) => start >= 0 && end <= cut.length)
  return { text: cut, marks }
}
