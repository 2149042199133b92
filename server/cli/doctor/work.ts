/** How the work stands, as the program sees it. */
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import { verifyAudit } from '../../members/audit.ts'
import type { Database } from '../../platform/database.ts'
import { databaseKeyStore } from '../../platform/secrets/key-store.ts'
import { programClock } from '../../platform/new-id.ts'
import { openSecrets } from '../../platform/secrets/secrets.ts'
import type { Settings } from '../../platform/settings.ts'
import { StartFailure } from '../../platform/start-failure.ts'
import type { Finding } from './finding.ts'

const STUCK_SECONDS = 60
/** More than one in a hundred says that a network, or its proxy, breaks off. */
const UNCONFIRMED_PERCENT = 1

export async function lookAtWork(database: Database, settings: Settings): Promise<Finding[]> {
  const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
    database.plumbing,
  )
  const workspaces = rows.map(({ id }) => id)
  return [
    ...(await lookAtKey(database, settings)),
    ...(await lookAtPlumbing(database)),
    ...(await lookAtWorkspaces(database, workspaces)),
    await lookAtAudit(database, workspaces),
  ]
}

/** Whether the key at hand is the one that sealed what the database holds. */
async function lookAtKey(database: Database, { dataDir, key }: Settings): Promise<Finding[]> {
  try {
    await openSecrets({ dataDir, key, store: databaseKeyStore(database), clock: programClock })
    return []
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    return [{ about: 'key', level: 'bad', code: 'wrong', values: { why: error.message } }]
  }
}

async function lookAtPlumbing(database: Database): Promise<Finding[]> {
  const { rows } = await sql<{ waiting: number; oldest: number; quarantined: number; queued: number; expired: number }>`
    select count(*) filter (where state = 0)::int as waiting, count(*) filter (where state = 2)::int as quarantined,
           coalesce(extract(epoch from now() - min(changed_at) filter (where state = 0)), 0)::int as oldest,
           (select count(*)::int from delivery_work) as queued,
           (select count(*)::int from delivery_work where state = 0 and expires_at < now()) as expired
      from inbound_work`.execute(database.plumbing)
  const { waiting, oldest, quarantined, queued, expired } = rows[0]!
  const stuck = waiting > 0 && oldest > STUCK_SECONDS
  return [
    { about: 'events', level: stuck ? 'bad' : 'good', code: stuck ? 'stuck' : 'read', values: { waiting, oldest } },
    {
      about: 'quarantine',
      level: quarantined > 0 ? 'bad' : 'good',
      code: quarantined > 0 ? 'some' : 'empty',
      values: { quarantined },
    },
    {
      about: 'outbox',
      level: expired > 0 ? 'note' : 'good',
      code: expired > 0 ? 'expired' : 'queued',
      values: { queued, expired },
    },
  ]
}

async function lookAtWorkspaces(database: Database, workspaces: readonly WorkspaceId[]): Promise<Finding[]> {
  const troubled: string[] = []
  let [held, ended, unconfirmed, channels] = [0, 0, 0, 0]
  for (const workspace of workspaces)
    await database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ name: string; connector: string; state: string; reason: string | null }>`
        select name, connector, state, reason from channel where workspace_id = ${workspace} and removed_at is null`.execute(
        tx,
      )
      channels += rows.length
      for (const { name, connector, state, reason } of rows)
        if (!['ready', 'catching_up', 'paused'].includes(state))
          troubled.push(`${name} (${connector}): ${state}${reason ? `, ${reason}` : ''}`)
      const figures = await sql<{ hold: boolean; ended: number; unconfirmed: number }>`
        select hold, (select count(*)::int from delivery d where d.workspace_id = w.workspace_id and d.id >= first_id_of(now() - interval '24 hours')) as ended,
               (select count(*)::int from delivery d where d.workspace_id = w.workspace_id and d.id >= first_id_of(now() - interval '24 hours')
                   and d.state = 'unconfirmed') as unconfirmed
          from workspace w where w.workspace_id = ${workspace}`.execute(tx)
      const row = figures.rows[0]
      if (row?.hold) held++
      ended += row?.ended ?? 0
      unconfirmed += row?.unconfirmed ?? 0
    })
  const percent = ended === 0 ? 0 : Math.round((unconfirmed / ended) * 1000) / 10
  return [
    troubled.length > 0
      ? {
          about: 'channels',
          level: 'bad',
          code: 'troubled',
          values: { count: troubled.length, list: troubled.join('; ') },
        }
      : { about: 'channels', level: 'good', code: 'ready', values: { count: channels } },
    {
      about: 'unconfirmed',
      level: percent > UNCONFIRMED_PERCENT ? 'bad' : 'good',
      code: 'share',
      values: { unconfirmed, percent },
    },
    ...(held > 0 ? [{ about: 'hold', level: 'bad', code: 'held', values: { held } } as const] : []),
  ]
}

async function lookAtAudit(database: Database, workspaces: readonly WorkspaceId[]): Promise<Finding> {
  const broken: string[] = []
  for (const id of workspaces) {
    const at = await database.inWorkspace(id, (tx) => verifyAudit(tx, id))
    if (at !== null) broken.push(`${id} #${at}`)
  }
  return broken.length > 0
    ? { about: 'audit', level: 'bad', code: 'broken', values: { places: broken.join('; ') } }
    : { about: 'audit', level: 'good', code: 'holds', values: { workspaces: workspaces.length } }
}
