/** 8: words in the same workspace of years, over HTTP by members who are signed in, behind row-level security. */
import pg from 'pg'
import { Pool } from 'undici'
import { answersInRounds, type Question } from '../support/answers.ts'
import { aLargeParley, AGENTS } from '../support/large-workspace.ts'
import { figure } from '../support/rounds.ts'
import { COMMON, MARKED } from '../support/sentences.ts'
import { answersTable, type Found } from '../support/tables.ts'
import { Void } from '../support/void.ts'
import { aim, SEARCH, verdict } from '../limits.ts'

const HITS = 30
/** By hand one knows which plan a word wants. The planner does not, and walks past all messages for a rare one. */
const PLANS = { rare: 'materialized', common: '', 'very common': '' } as const

export async function search(options: { rounds: number; messages: number; say(words: string): void }): Promise<Found> {
  const { rounds, messages, say } = options
  const parley = await aLargeParley({ messages, say })
  const { workspace, agents } = parley
  const http = new Pool(parley.url, { connections: AGENTS, pipelining: 1 })
  const raw = new pg.Client(parley.ownerUrl)
  await raw.connect()
  await raw.query('set search_path = parley')
  try {
    const words = [
      ...MARKED.map(({ word, oneOf }) => ({ word, kind: 'rare' as const, oneOf })),
      ...COMMON.words.map(({ word, oneOf }) => ({
        word,
        kind: oneOf > 10 ? ('common' as const) : ('very common' as const),
        oneOf: oneOf / 2,
      })),
    ]
    const questions = words.map(({ word, kind, oneOf }): Question => ({
      name: `${kind}, one message of ${oneOf.toLocaleString('en')}: ${word}`,
      raw: () =>
        raw.query({
          name: kind,
          text: `with found as ${PLANS[kind]} (select message_id, placed from message_words where workspace_id = $1 and words @@ websearch_to_tsquery('russian', $2))
                 select m.id, m.content, f.placed from found f join message m on m.workspace_id = $1 and m.id = f.message_id order by f.placed desc, f.message_id desc limit ${HITS}`,
          values: [workspace, word],
        }),
      ours: async (turn) => {
        const path = `/api/search?q=${encodeURIComponent(word)}&limit=${HITS}`
        const { statusCode, body } = await http.request({
          path,
          method: 'GET',
          headers: { cookie: agents[turn % agents.length]! },
        })
        const answer = (await body.json()) as { messages?: unknown[] }
        if (statusCode !== 200) throw new Void(`${path} was answered by ${statusCode}`)
        if (answer.messages!.length < Math.min(HITS, messages / oneOf / 2))
          throw new Void(`${path} found ${answer.messages!.length}`)
      },
    }))
    const answers = await answersInRounds(rounds, questions, parley.pids, say)
    const ilike: string[] = []
    for (const { word } of words) {
      const began = performance.now()
      await raw.query(
        `select id from message where workspace_id = $1 and content::text ilike $2 order by placed desc limit ${HITS}`,
        [workspace, `%${word}%`],
      )
      ilike.push(Math.round(performance.now() - began).toLocaleString('en'))
    }
    const worst = answers.toSorted((a, b) => b.ratio.median - a.ratio.median)[0]!
    const slowest = answers.toSorted((a, b) => b.oursMs.median - a.oursMs.median)[0]!
    const common = answers.filter(({ name }) => /^(very )?common/.test(name))
    const slowestCommon = Math.max(...common.map(({ p99Ms }) => p99Ms))
    return {
      table: answersTable(answers, { 'ILIKE, once, ms': ilike }),
      verdicts: [
        verdict(
          worst.ratio.median <= SEARCH.times,
          `≤ ${SEARCH.times} × raw`,
          `${figure(worst.ratio.median)} for “${worst.name}”`,
        ),
        verdict(
          slowest.oursMs.median <= SEARCH.ms,
          `≤ ${SEARCH.ms} ms`,
          `${slowest.oursMs.median.toFixed(1)} ms for “${slowest.name}”`,
        ),
        aim(worst.ratio.median <= SEARCH.aim.times, `≤ ${SEARCH.aim.times} × raw`, figure(worst.ratio.median)),
        aim(
          slowestCommon <= SEARCH.aim.commonP99Ms,
          `common words p99 ≤ ${SEARCH.aim.commonP99Ms} ms`,
          `${slowestCommon.toFixed(1)} ms`,
        ),
      ],
      notes: [
        `${messages.toLocaleString('en')} messages (\`--messages\`); raw is asked by the owner by the plan that suits the word, with the messages found; ours finds contacts too, and names who wrote and where`,
      ],
    }
  } finally {
    await raw.end()
    await http.close()
    await parley.stop()
  }
}
