/**
 * Takes what conversations hand over (`conversation_input`) and answers by rules. Until flows exist there is one rule, which answers
 * with the same words; it is off unless switched on, for benchmarks and the playground. Where there is none, nothing is handed over.
 *
 * a batch of inputs, taken → each rule's answer → all put on their way → COMMIT: an input has its effect once
 *
 * One turn at a time in a workspace, over all processes: two turns would answer one conversation in an order of their own.
 */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { wordsOf, type Content } from '#contract/message/content.ts'
import { sayAll, type Saying } from '#server/delivery/enqueue.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { buggify } from '#server/platform/buggify.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { programClock } from '#server/platform/new-id.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { turns, type Turns } from '#server/platform/turns.ts'

export interface Input {
  pos: number
  conversation: ConversationId
  message: MessageId
  identity: IdentityId
  channel: ChannelId
  content: Content
}

/** @returns what to answer, or null */
export type Rule = { readonly name: string; answer(input: Input): Content | null }

/** The same words back. */
export const echoRule: Rule = {
  name: 'echo',
  answer: ({ content }) => {
    const words = wordsOf(content)
    return words ? { parts: [{ kind: 'text', text: words, entities: [] }] } : null
  },
}

const MOST_INPUTS = 256
const POLL_MS = 1_000
/** A machine that answers a machine stops here, without a human word in between. */
const MOST_ANSWERS_AN_HOUR = 5

export interface Automation {
  close(): Promise<void>
}

export function startAutomation(deps: {
  database: Database
  hints: Hints
  log: Log
  rules: readonly Rule[]
  workspaces(): Promise<WorkspaceId[]>
  guarded?: boolean
}): Automation {
  const { database, hints, log, rules, guarded = true } = deps
  const reading = new Map<WorkspaceId, Turns>()
  const off = hints.on('input', (workspace) => read(workspace as WorkspaceId))
  const timer = setInterval(() => void runAll(), POLL_MS)

  async function runAll(): Promise<void> {
    try {
      for (const workspace of await deps.workspaces()) read(workspace)
    } catch (error) {
      log.debug({ error }, 'automation waits for the database')
    }
  }

  function read(workspace: WorkspaceId): void {
    let own = reading.get(workspace)
    if (!own) {
      const failed = (error: unknown) => log.warn({ error }, 'a turn of automation was put back')
      own = turns({ turn: () => turn(workspace), failed })
      reading.set(workspace, own)
    }
    void own.ask()
  }

  /** @returns whether more may wait */
  async function turn(workspace: WorkspaceId): Promise<boolean> {
    const { count, channels } = await database.onMessagePath(workspace, async (tx) => {
      const locked = sql`select pg_advisory_xact_lock(hashtextextended(${`automation ${workspace}`}, 0))`.execute(tx)
      const [inputs] = await Promise.all([take(tx, workspace), locked])
      const answers: Saying[] = []
      for (const input of inputs) answers.push(...(await react(tx, workspace, input, answers)))
      await sayAll(tx, workspace, answers)
      await buggify('answered, not committed')
      return { count: inputs.length, channels: new Set(answers.flatMap((answer) => answer.road?.channel ?? [])) }
    })
    if (channels.size > 0) hints.tell(feedTopic(workspace))
    for (const channel of channels) hints.tell(`delivery ${channel}`)
    return count === MOST_INPUTS
  }

  /** What the first rule with an answer says. */
  async function react(tx: Tx, workspace: WorkspaceId, input: Input, before: Saying[]): Promise<Saying[]> {
    for (const rule of rules) {
      const content = rule.answer(input)
      if (!content) continue
      if (guarded) {
        const now = before.filter(({ road }) => road?.identity === input.identity).length
        if (now + (await answersLastHour(tx, workspace, input.identity)) >= MOST_ANSWERS_AN_HOUR) return []
      }
      return [
        {
          conversation: input.conversation,
          content,
          road: { identity: input.identity, channel: input.channel, why: [{ code: 'reply_target' }] },
          member: null,
          cause: { rule: rule.name },
          replyTo: null,
          thread: null,
          clientId: null,
          sendAt: null,
          class: 2,
        },
      ]
    }
    return []
  }

  return {
    close: async () => {
      off()
      clearInterval(timer)
      await Promise.all([...reading.values()].map((own) => own.close()))
    },
  }
}

async function take(tx: Tx, workspace: WorkspaceId): Promise<Input[]> {
  const { rows: taken } = await sql<{ pos: number; message: MessageId }>`
    delete from conversation_input i
     where i.workspace_id = ${workspace}
       and i.pos = any (array(select pos from conversation_input where workspace_id = ${workspace} order by pos limit ${MOST_INPUTS}))
    returning i.pos, i.message_id as message`.execute(tx)
  if (taken.length === 0) return []
  const messages = taken.map(({ message }) => message)
  const { rows } = await sql<Input>`
    select t.pos, m.shown_in as conversation, m.id as message, m.identity_id as identity, m.channel_id as channel, m.content
      from unnest(${taken.map(({ pos }) => pos)}::bigint[], ${messages}::uuid[]) as t (pos, message)
     cross join lateral (select * from message x where x.workspace_id = ${workspace} and x.id = t.message and ${inMonths.of(sql`x.id`, messages)} limit 1) m
     order by t.pos`.execute(tx)
  return rows
}

async function answersLastHour(tx: Tx, workspace: WorkspaceId, identity: IdentityId): Promise<number> {
  const anHourAgo = new Date(programClock.now().getTime() - 3_600_000)
  const lately = (message: 'm' | 'h') => inMonths.after(sql.ref(`${message}.id`), anHourAgo)
  const { rows } = await sql<{ answers: number }>`
    select count(*)::int as answers from message m join identity i on i.workspace_id = m.workspace_id and i.id = ${identity}
      join conversation c on c.workspace_id = i.workspace_id and c.contact_id = i.contact_id and c.joined_into is null
     where m.workspace_id = ${workspace} and ${lately('m')} and m.shown_in = c.id and m.identity_id = ${identity} and m.automatic and m.direction = 'out'
       and m.placed > greatest(now() - interval '1 hour', coalesce((select max(h.placed) from message h where h.workspace_id = m.workspace_id and ${lately('h')} and h.shown_in = c.id
                                                                    and h.author_member is not null and h.direction = 'out'), '-infinity'))`.execute(
    tx,
  )
  return rows[0]!.answers
}
