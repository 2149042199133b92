/** The outbox without a network: real rows, leases and senders; the wire answers in this process. */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Reply } from '#connector-kit/connector.ts'
import type { Wire } from '#connector-kit/perform.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import { plain } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { sayAll, type Saying } from '#server/delivery/enqueue.ts'
import { startSender } from '#server/delivery/sender.ts'
import { openDatabase, type Database } from '#server/platform/database.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { startLeases } from '#server/platform/leases.ts'
import { openLog } from '#server/platform/log.ts'
import { migrate } from '#server/platform/migrate.ts'
import { programClock } from '#server/platform/new-id.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { network } from '#tests/faults/connectors/network.ts'
import { aChannel, said, told } from '#tests/support/world.ts'
import { startWatched, writeStatements } from './statements.ts'

const BATCH = 200

export interface BareDatabase {
  readonly database: Database
  readonly ownerUrl: string
  readonly owner: pg.Client
  /** This process, which is all of Parley here, and PostgreSQL. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

export async function aBareDatabase(): Promise<BareDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const profile = process.env.BENCH_PROFILE
  if (profile) await mkdir(profile, { recursive: true })
  const postgres = profile ? await startWatched(folder) : await startEmbedded({ dataDir: folder })
  const { programUrl } = await migrate({ ownerUrl: postgres.url, login: await programLogin(folder, null) })
  const database = openDatabase({ url: programUrl })
  const owner = new pg.Client(postgres.url)
  await owner.connect()
  return {
    database,
    owner,
    ownerUrl: postgres.url,
    pids: [process.pid, postgres.pid()],
    stop: async () => {
      if (profile) await writeStatements(owner, profile)
      await owner.end()
      await database.close()
      await postgres.stop()
      if (profile) await copyFile(join(folder, 'postgres/server.log'), join(profile, 'plans-outbox.log'))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @param pacing  its limits; none: as fast as it goes */
export async function aLiveChannel(
  database: Database,
  workspace: WorkspaceId,
  pacing: Abilities['pacing'] = {},
): Promise<LiveChannel> {
  const { id } = await aChannel(database, workspace)
  const connector = network('pigeon')
  return {
    id,
    workspace,
    network: 'pigeon',
    // Each channel has people of its own.
    scope: id,
    windowSeconds: null,
    name: 'Bench',
    folder: 'pigeon',
    connector,
    settings: { apiUrl: '' },
    hookSecret: '',
    me: { id: 'bot', name: 'Bot' },
    state: 'ready',
    hold: false,
    abilities: { ...connector.abilities, pacing },
    kept: new Map(),
    version: 1,
  } as unknown as LiveChannel
}

/** Sends what waits in these channels. Closing hands the leases over, which records what came last. */
export async function openOutbox(
  database: Database,
  channels: readonly LiveChannel[],
  wireOf: (channel: LiveChannel) => Wire,
): Promise<{ close(): Promise<void> }> {
  const byId = new Map(channels.map((each) => [each.id, each]))
  const log = openLog({ level: 'warn', write: (line) => process.stderr.write(line) })
  const sender = startSender({
    database,
    hints: inProcessHints(),
    channels: { get: async (id) => byId.get(id)!, active: async () => [], forget: () => {} },
    setState: async () => {},
    wireOf,
    probe: async () => {},
    contextOf: (channel) => ({
      channel: channel.id,
      settings: { apiUrl: '' },
      me: channel.me,
      kept: {},
      now: programClock.now(),
      publicUrl: () => '',
      secret: '',
    }),
    linkOf: () => null,
    pageOf: () => null,
    log,
  })
  const nameOf = (id: ChannelId) => `channel ${id}`
  const leases = await startLeases({
    database,
    clock: programClock,
    log,
    wanted: async () => channels.map(({ workspace, id }) => ({ workspace, name: nameOf(id) })),
    own: async (lease) => sender.own(lease, lease.name.slice('channel '.length) as ChannelId),
  })
  return { close: () => leases.close() }
}

/** A platform's answer. A refusal says after how many seconds, or nothing. */
export const answer = (status: number, body: { id?: string }, after = '0'): Reply => ({
  status,
  headers: after === '' ? {} : { 'retry-after': after },
  body,
  text: '',
})

/** Everybody writes once, so that there is a conversation; then all jobs are put on their way, in their order, job by job another person. */
export async function enqueue(
  world: BareDatabase,
  live: LiveChannel,
  { people: count, jobs }: { people: number; jobs: number },
): Promise<void> {
  const { database } = world
  const { workspace, id: channel, scope } = live
  const realm = { id: channel, network: live.network, scope, windowSeconds: null }
  const people = Array.from({ length: count }, (_, index) => String(index))
  for (let at = 0; at < count; at += BATCH)
    await database.inWorkspace(workspace, async (tx) => {
      await recordIncoming(
        tx,
        workspace,
        people.slice(at, at + BATCH).map((by) => told(realm, [said(`in ${by}`, 'hello', { by })])),
      )
    })
  const { rows } = await world.owner.query<{ by: string; conversation: string; identity: string }>(
    `select i.external_id as by, m.shown_in as conversation, i.id as identity
       from parley.identity i join parley.message m on m.workspace_id = i.workspace_id and m.identity_id = i.id
      where i.workspace_id = $1 and m.channel_id = $2`,
    [workspace, channel],
  )
  const roads = new Map(rows.map((row) => [row.by, row]))
  const saying = (job: number): Saying => {
    const { conversation, identity } = roads.get(String(job % count))!
    return {
      conversation: conversation as Saying['conversation'],
      content: plain(String(job)),
      road: { identity: identity as NonNullable<Saying['road']>['identity'], channel, why: [{ code: 'reply_target' }] },
      member: null,
      cause: { rule: 'bench' },
      replyTo: null,
      thread: null,
      clientId: null,
      sendAt: null,
      class: 2,
    }
  }
  for (let at = 0; at < jobs; at += BATCH)
    await database.inWorkspace(workspace, (tx) =>
      sayAll(
        tx,
        workspace,
        Array.from({ length: Math.min(BATCH, jobs - at) }, (_, index) => saying(at + index)),
      ),
    )
}
