import { sql } from 'kysely'
import { listQuarantine, replayQuarantine } from '#contract/calls/channels.ts'
import { fetchFileAgain } from '#contract/calls/conversations.ts'
import type { ChannelId } from '#contract/ids.ts'
import { quarantineRows } from '#server/channels/channels.sql.ts'
import { messageViews } from '#server/conversations/views.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { AuditBy } from '#server/members/audit.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { fetchAgain } from './fetch-files.ts'
import type { Journal } from './journal.ts'

export interface IngestCallsDeps {
  database: Database
  hints: Hints
  journal: Journal
  log: Log
  audit: AuditBy
}

/** Shown of an event that could not be read. */
const MOST_SHOWN = 20_000

export const ingestCalls = ({ database, hints, journal, log, audit }: IngestCallsDeps) => [
  answer(listQuarantine, ({ params, query }, caller) =>
    database.inWorkspace(caller.workspace, async (tx) => {
      await mustExist(tx, caller, params.id)
      const after = readPageCursor(query.cursor, ['number'])?.[0] ?? 0
      const rows = await quarantineRows(tx, caller.workspace, params.id, after, query.limit + 1)
      const page = rows.slice(0, query.limit)
      const events = await journal.read(
        tx,
        caller.workspace,
        page.map((row) => row.inbound),
      )
      const items = page.map(({ inbound, receivedAt, ...row }) => ({
        ...row,
        receivedAt: (events.get(inbound)?.receivedAt ?? receivedAt).toISOString(),
        body: log.scrub(JSON.stringify(events.get(inbound)?.event.body ?? null, null, 2)).slice(0, MOST_SHOWN),
      }))
      return { items, next: rows.length > query.limit ? writePageCursor([Number(page.at(-1)!.position)]) : null }
    }),
  ),
  answer(replayQuarantine, async ({ params, body }, caller) => {
    const replayed = await database.inWorkspace(caller.workspace, async (tx) => {
      await mustExist(tx, caller, params.id)
      // A fresh place at the tail of the lane, drawn under its lock; the same keys, so a replay may be repeated.
      const which = sql`workspace_id = ${caller.workspace} and channel_id = ${params.id} and state = 2 ${body.position ? sql`and pos::text = ${body.position}` : sql``}`
      await sql`select pg_advisory_xact_lock(lane) from (select distinct lane from inbound_work where ${which} order by lane) l`.execute(
        tx,
      )
      const { rows } =
        await sql`update inbound_work set state = 0, tries = 0, error_code = null, ready_at = '-infinity', pos = default, changed_at = now() where ${which} returning pos`.execute(
          tx,
        )
      await audit(tx, caller, 'channel.replayed', { kind: 'channel', id: params.id }, { events: rows.length })
      return rows.length
    })
    hints.tell('inbound', caller.workspace)
    return { replayed }
  }),
  answer(fetchFileAgain, async ({ params }, caller) => {
    const view = await database.inWorkspace(caller.workspace, async (tx) => {
      const [before] = await messageViews(tx, caller.workspace, [params.id])
      if (!before || !(await fetchAgain(tx, caller.workspace, params.id, params.part))) throw new Refused('not_found')
      return (await messageViews(tx, caller.workspace, [params.id]))[0]!
    })
    hints.tell(feedTopic(caller.workspace))
    return view
  }),
]

async function mustExist(tx: Tx, caller: Caller, id: ChannelId): Promise<void> {
  const { rows } =
    await sql`select 1 from channel where workspace_id = ${caller.workspace} and id = ${id} and removed_at is null`.execute(
      tx,
    )
  if (rows.length === 0) throw new Refused('not_found')
}
