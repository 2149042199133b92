/**
 * A channel as the running program holds it: settings unsealed, connector at hand. Cached; the directory's version says when a copy is
 * stale, and a hint says so at once.
 */
import { sql } from 'kysely'
import type { Connector, Context, FileRef, Me } from '#connector-kit/connector.ts'
import type { Connectors } from '#connector-kit/load.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { programClock } from '#server/platform/new-id.ts'
import type { ChannelRealm } from './channel-realm.ts'
import type { ChannelSecrets } from './seal.ts'

export interface LiveChannel extends ChannelRealm {
  readonly workspace: WorkspaceId
  readonly name: string
  readonly folder: string
  readonly connector: Connector
  readonly settings: Record<string, unknown>
  readonly hookSecret: string
  readonly me: Me
  readonly state: ChannelState
  /** After a restore nothing leaves this workspace until a member has decided. */
  readonly hold: boolean
  readonly abilities: Abilities
  readonly kept: Map<string, { value: string; expiresAt: Date }>
  readonly version: number
}

/** A cached copy is compared with the directory at least this often. */
const FRESH_MS = 5_000
/** A platform that goes on calling a removed channel asks the database so often. */
const ABSENT_MS = 1_000
/** Strangers ask for names that nobody has: so many of them are remembered. */
const MOST_ABSENT = 1_000

export interface LiveChannels {
  /** null: there is no such channel, or it was removed. */
  get(id: ChannelId): Promise<LiveChannel | null>
  /** The channels that shall have an owner now: active ones of the whole program. */
  active(): Promise<{ workspace: WorkspaceId; id: ChannelId }[]>
  forget(id: ChannelId): void
}

export function liveChannels(deps: {
  database: Database
  connectors: Connectors
  secrets: ChannelSecrets
  hints: Hints
}): LiveChannels {
  const { database, connectors, secrets, hints } = deps
  const cache = new Map<ChannelId, { channel: LiveChannel; seenAt: number }>()
  /** When they were last seen not to be there. */
  const absent = new Map<ChannelId, number>()
  const loading = new Map<ChannelId, Promise<LiveChannel | null>>()
  /** How often a channel changed: what was read before a change must not be kept after it. */
  let changes = 0
  const forget = (id: ChannelId) => {
    changes++
    cache.delete(id)
    absent.delete(id)
    loading.delete(id)
  }
  hints.on('channels', (id) => forget(id as ChannelId))

  async function get(id: ChannelId): Promise<LiveChannel | null> {
    const cached = cache.get(id)
    if (cached && programClock.monotonicMs() - cached.seenAt < FRESH_MS) return cached.channel
    if (programClock.monotonicMs() - (absent.get(id) ?? -Infinity) < ABSENT_MS) return null
    const running = loading.get(id)
    if (running) return running
    const load = refresh(id, cached?.channel ?? null).finally(() => loading.get(id) === load && loading.delete(id))
    loading.set(id, load)
    return load
  }

  async function refresh(id: ChannelId, before: LiveChannel | null): Promise<LiveChannel | null> {
    const seen = changes
    const { rows } = await sql<{ workspace: WorkspaceId; version: number; active: boolean }>`
      select workspace_id as workspace, version, active from channel_directory where channel_id = ${id}`.execute(
      database.plumbing,
    )
    const found = rows[0]
    const channel =
      found === undefined
        ? null
        : before?.version === found.version
          ? before
          : await database.inWorkspace(found.workspace, (tx) => load(tx, found.workspace, id, found.version))
    if (!channel) cache.delete(id)
    if (seen === changes) remember(id, channel)
    return channel
  }

  function remember(id: ChannelId, channel: LiveChannel | null): void {
    const seenAt = programClock.monotonicMs()
    if (channel) return void cache.set(id, { channel, seenAt })
    if (absent.size >= MOST_ABSENT) absent.clear()
    absent.set(id, seenAt)
  }

  async function load(tx: Tx, workspace: WorkspaceId, id: ChannelId, version: number): Promise<LiveChannel | null> {
    const { rows } = await sql<{
      connector: string
      network: string
      name: string
      settings: Buffer
      hook_secret: Buffer
      me: Me
      scope: string
      state: ChannelState
      hold: boolean
    }>`select c.connector, c.network, c.name, c.settings, c.hook_secret, c.me, c.scope, c.state, w.hold
        from channel c join workspace w using (workspace_id)
       where c.workspace_id = ${workspace} and c.id = ${id} and c.removed_at is null`.execute(tx)
    const row = rows[0]
    const loaded = row && connectors.get(row.connector)
    if (!row || !loaded) return null
    const sealer = await secrets.of(workspace)
    const { rows: kept } = await sql<{ name: string; value: Buffer; expires_at: Date }>`
      select name, value, expires_at from channel_kept where workspace_id = ${workspace} and channel_id = ${id} and expires_at > now()`.execute(
      tx,
    )
    const abilities = { ...loaded.connector.abilities, ...row.me.abilities } as Abilities
    return {
      id,
      workspace,
      version,
      name: row.name,
      folder: row.connector,
      connector: loaded.connector,
      network: row.network,
      scope: row.scope,
      windowSeconds: abilities.window?.seconds ?? null,
      settings: sealer.openSettings(id, row.settings),
      hookSecret: sealer.openHookSecret(id, row.hook_secret),
      me: row.me,
      state: row.state,
      hold: row.hold,
      abilities,
      kept: new Map(
        kept.map((each) => [
          each.name,
          { value: sealer.openKept(id, each.name, each.value), expiresAt: each.expires_at },
        ]),
      ),
    }
  }

  return {
    get,
    active: async () => {
      const { rows } = await sql<{ workspace: WorkspaceId; id: ChannelId }>`
        select workspace_id as workspace, channel_id as id from channel_directory where active`.execute(
        database.plumbing,
      )
      return rows
    },
    forget,
  }
}

/** What connectors are called with. `publicUrl` throws where Parley has no public address. */
export function contextOf(
  channel: LiveChannel,
  publicUrl: (channel: LiveChannel, file: FileRef) => string,
): Context<Record<string, unknown>> & { channel: ChannelId } {
  const now = programClock.now()
  return {
    channel: channel.id,
    settings: channel.settings,
    me: channel.me,
    kept: Object.fromEntries(
      [...channel.kept].filter(([, each]) => each.expiresAt > now).map(([name, each]) => [name, each.value]),
    ),
    now,
    publicUrl: (file) => publicUrl(channel, file),
    secret: channel.hookSecret,
  }
}
