/** 7: the lists, threads and counters of a workspace of years, over HTTP by members who are signed in. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Pool } from 'undici'
import { writePageCursor } from '#server/platform/pages.ts'
import { answersInRounds, type Question } from '../support/answers.ts'
import { aLargeParley, AGENTS, MESSAGES_EACH } from '../support/large-workspace.ts'
import { figure, quantile } from '../support/rounds.ts'
import { answersTable, type Found } from '../support/tables.ts'
import { Void } from '../support/void.ts'
import { aim, INBOX, verdict } from '../limits.ts'

const PAGE = 50
/** Pages into the list of what is closed. */
const DEEP = 1_000
/** Each agent asks something so often, far more than people do. */
const AGENT_PAUSE_MS = 500

export async function inbox(options: {
  rounds: number
  seconds: number
  messages: number
  say(words: string): void
}): Promise<Found> {
  const { rounds, seconds, messages, say } = options
  const parley = await aLargeParley({ messages, say })
  const { workspace, ask, agents } = parley
  const http = new Pool(parley.url, { connections: AGENTS, pipelining: 1 })
  const raw = new pg.Client(parley.ownerUrl)
  await raw.connect()
  await raw.query('set search_path = parley')
  try {
    const conversations = messages / MESSAGES_EACH
    const deep = Math.min(DEEP * PAGE, Math.floor(conversations / 2))
    const [place] = await ask<{ last_at: string; id: string }>(
      `select last_at::text, id from conversation where workspace_id = $1 and joined_into is null and status = 'closed' order by last_at desc, id desc offset $2 limit 1`,
      [workspace, deep],
    )
    const open = await ask<{ id: string }>(
      `select id from conversation where workspace_id = $1 and status = 'open' order by last_at desc limit 200`,
      [workspace],
    )
    const members = await ask<{ id: string }>(
      `select id from member where workspace_id = $1 and role = 'agent' order by id limit ${AGENTS}`,
      [workspace],
    )
    const cursor = writePageCursor([place!.last_at, place!.id])

    const get = async (path: string, turn: number, atLeast = 1) => {
      const { statusCode, body } = await http.request({
        path,
        method: 'GET',
        headers: { cookie: agents[turn % agents.length]! },
      })
      const answer = (await body.json()) as { items?: unknown[] }
      if (statusCode !== 200) throw new Void(`${path} was answered by ${statusCode}`)
      if (answer.items && answer.items.length < atLeast)
        throw new Void(`${path} holds ${answer.items.length} items, not ${atLeast}`)
    }
    const query = (name: string, text: string, values: unknown[]) => () => raw.query({ name, text, values })
    /** A page of the list with what stands in it, in one statement. */
    const page = (where: string) =>
      `select c.id, c.status, c.last_at, c.in_count, i.name, m.content from conversation c
         join identity i on i.contact_id = c.contact_id join message m on m.workspace_id = c.workspace_id and m.id = c.last_message
        where c.workspace_id = $1 and c.joined_into is null and ${where} order by c.last_at desc, c.id desc limit ${PAGE + 1}`
    const thread = (turn: number) => open[turn % open.length]!.id
    let turn = 0

    const questions: Question[] = [
      {
        name: 'list: all that is not closed',
        raw: query('all', page(`c.status <> 'closed'`), [workspace]),
        ours: (agent) => get(`/api/conversations?limit=${PAGE}`, agent, PAGE),
      },
      {
        name: 'filter: unassigned',
        raw: query('unassigned', page(`c.status = 'open' and c.assignee_id is null`), [workspace]),
        ours: (agent) => get(`/api/conversations?view=unassigned&limit=${PAGE}`, agent, PAGE),
      },
      {
        name: 'filter: waiting',
        raw: query('waiting', page(`c.status = 'open' and c.waiting_since is not null`), [workspace]),
        ours: (agent) => get(`/api/conversations?view=waiting&limit=${PAGE}`, agent, PAGE),
      },
      {
        name: 'filter: one agent’s',
        // One after the other, as over HTTP: what a single one sees stays in PostgreSQL's small memory.
        raw: () =>
          raw.query({
            name: 'mine',
            text: page(`c.assignee_id = $2 and c.status not in ('closed', 'snoozed')`),
            values: [workspace, members[turn++ % members.length]!.id],
          }),
        ours: (agent) => get(`/api/conversations?view=mine&limit=${PAGE}`, agent),
      },
      {
        name: 'list: closed, first page',
        raw: query('closed', page(`c.status = 'closed'`), [workspace]),
        ours: (agent) => get(`/api/conversations?view=closed&limit=${PAGE}`, agent, PAGE),
      },
      {
        name: `list: closed, ${deep.toLocaleString('en')} further down`,
        raw: query('deep', page(`c.status = 'closed' and (c.last_at, c.id) < ($2::timestamptz, $3::uuid)`), [
          workspace,
          place!.last_at,
          place!.id,
        ]),
        ours: (agent) => get(`/api/conversations?view=closed&limit=${PAGE}&cursor=${cursor}`, agent, PAGE),
      },
      {
        name: 'open: a thread',
        raw: () =>
          raw.query({
            name: 'thread',
            text: `select m.id, m.seq, m.placed, m.direction, m.content, i.name from message m left join identity i on i.workspace_id = m.workspace_id and i.id = m.author_identity
                    where m.shown_in = $1 order by m.placed desc, m.seq desc limit ${PAGE + 1}`,
            values: [thread(turn++)],
          }),
        ours: (agent) => get(`/api/conversations/${thread(turn++)}/messages?limit=${PAGE}`, agent, MESSAGES_EACH),
      },
      {
        name: 'counters of all views',
        raw: query(
          'counters',
          `select count(*) filter (where assignee_id = $2 and status not in ('closed', 'snoozed')), count(*) filter (where assignee_id is null and status = 'open'),
                  count(*) filter (where status = 'open' and waiting_since is not null), count(*) filter (where failed > 0),
                  count(*) filter (where status = 'snoozed'), count(*) filter (where status <> 'closed'), count(*) filter (where status = 'closed')
             from conversation where workspace_id = $1 and joined_into is null`,
          [workspace, members[0]!.id],
        ),
        ours: (agent) => get('/api/conversations/counts', agent),
      },
    ]
    const answers = await answersInRounds(rounds, questions, parley.pids, say)
    const crowd = await allAgents(questions, agents.length, seconds)
    const p95 = crowd.map((times) => quantile(times, 0.95))
    const medianOf = (wanted: string) => answers.find(({ name }) => name === wanted)!.oursMs.median
    const worst = answers.toSorted((a, b) => b.ratio.median - a.ratio.median)[0]!
    const deepPage = medianOf(questions[5]!.name) / medianOf(questions[4]!.name)
    const counters = medianOf(questions.at(-1)!.name)
    const slowest = p95.indexOf(Math.max(...p95))
    return {
      table: answersTable(answers, { [`p95 ms, ${agents.length} agents at once`]: p95.map((ms) => ms.toFixed(1)) }),
      verdicts: [
        verdict(
          worst.ratio.median <= INBOX.times,
          `p50 ≤ ${INBOX.times} × raw SQL in each`,
          `${figure(worst.ratio.median)} in “${worst.name}”`,
        ),
        verdict(
          p95[slowest]! <= INBOX.p95Ms,
          `p95 ≤ ${INBOX.p95Ms} ms with ${agents.length} agents`,
          `${p95[slowest]!.toFixed(1)} ms in “${questions[slowest]!.name}”`,
        ),
        aim(
          worst.ratio.median <= INBOX.aim.times,
          `p50 ≤ ${INBOX.aim.times} × raw SQL in each`,
          figure(worst.ratio.median),
        ),
        aim(deepPage <= INBOX.aim.deepPage, `deep page ≤ ${INBOX.aim.deepPage} of the first`, deepPage.toFixed(2)),
        aim(counters <= INBOX.aim.countersMs, `counters ≤ ${INBOX.aim.countersMs} ms`, `${counters.toFixed(2)} ms`),
      ],
      notes: [
        `${messages.toLocaleString('en')} messages in ${conversations.toLocaleString('en')} conversations (\`--messages\`); 94 of 100 closed`,
        `${crowd.flat().length.toLocaleString('en')} answers to ${agents.length} agents, each asking every ${AGENT_PAUSE_MS} ms`,
      ],
    }
  } finally {
    await raw.end()
    await http.close()
    await parley.stop()
  }
}

/** @returns the times of each question, asked by everybody in turns */
async function allAgents(questions: readonly Question[], agents: number, seconds: number): Promise<number[][]> {
  const times: number[][] = questions.map(() => [])
  const end = performance.now() + seconds * 1000
  async function agent(number: number): Promise<void> {
    await delay((number / agents) * AGENT_PAUSE_MS)
    for (let turn = number; performance.now() < end; turn++) {
      const index = turn % questions.length
      const began = performance.now()
      await questions[index]!.ours(number)
      const took = performance.now() - began
      times[index]!.push(took)
      await delay(Math.max(0, AGENT_PAUSE_MS - took))
    }
  }
  await Promise.all(Array.from({ length: agents }, (_, number) => agent(number)))
  return times
}
