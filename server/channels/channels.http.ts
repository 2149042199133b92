import {
  changeChannel,
  checkChannel,
  createChannel,
  getChannel,
  listChannels,
  listConnectors,
  pauseChannel,
  removeChannel,
  resumeChannel,
  type ChannelView,
} from '#contract/calls/channels.ts'
import type { Connectors } from '#connector-kit/load.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import type { Present } from '#server/feed/reader.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { AuditBy } from '#server/members/audit.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { pageOfAll } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { channelRows, type ChannelRow } from './channels.sql.ts'
import type { LiveChannel, LiveChannels } from './live.ts'
import type { InSameTx, Manager } from './manage.ts'
import type { stateKeeper } from './state.ts'

export interface ChannelCallsDeps {
  database: Database
  connectors: Connectors
  channels: LiveChannels
  manager: Manager
  setState: ReturnType<typeof stateKeeper>
  audit: AuditBy
  /** Fails what waits to leave by a channel that goes. */
  failQueued(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<void>
}

export function channelCalls(deps: ChannelCallsDeps) {
  const { database, connectors, channels, manager, setState } = deps

  async function liveOf(caller: Caller, id: ChannelId): Promise<LiveChannel> {
    const channel = await channels.get(id)
    if (!channel || channel.workspace !== caller.workspace) throw new Refused('not_found')
    return channel
  }

  async function viewOf(caller: Caller, id: ChannelId): Promise<ChannelView> {
    channels.forget(id)
    const [view] = await database.inWorkspace(caller.workspace, (tx) => channelViews(tx, caller.workspace, [id], deps))
    if (!view) throw new Refused('not_found')
    return view
  }

  const audited =
    (caller: Caller, act: string, detail: Record<string, unknown> = {}): InSameTx =>
    (tx, id) =>
      deps.audit(tx, caller, act, { kind: 'channel', id }, detail)

  return [
    answer(listConnectors, async () => ({ items: [...connectors.values()].map(({ card }) => card), next: null })),
    answer(listChannels, async ({ query }, caller) =>
      pageOfAll(
        await database.inWorkspace(caller.workspace, (tx) => channelViews(tx, caller.workspace, null, deps)),
        query,
      ),
    ),
    answer(createChannel, async ({ body }, caller) => {
      const id = await manager.create(
        caller.workspace,
        body,
        audited(caller, 'channel.created', { connector: body.connector, name: body.name }),
      )
      return viewOf(caller, id)
    }),
    answer(getChannel, async ({ params }, caller) => viewOf(caller, params.id)),
    answer(changeChannel, async ({ params, body }, caller) => {
      const channel = await liveOf(caller, params.id)
      await manager.change(
        channel,
        {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.settings === undefined ? {} : { settings: body.settings }),
        },
        audited(caller, 'channel.changed', { settings: body.settings !== undefined }),
      )
      return viewOf(caller, params.id)
    }),
    answer(removeChannel, async ({ params }, caller) => {
      const channel = await liveOf(caller, params.id)
      await manager.remove(channel, async (tx, id) => {
        await deps.failQueued(tx, caller.workspace, id)
        await audited(caller, 'channel.removed', { name: channel.name })(tx, id)
      })
      return {}
    }),
    answer(checkChannel, async ({ params }, caller) => {
      await manager.check(await liveOf(caller, params.id))
      return viewOf(caller, params.id)
    }),
    answer(pauseChannel, async ({ params }, caller) => {
      await setState(await liveOf(caller, params.id), { state: 'paused', reason: 'by_member' }, 'force')
      return viewOf(caller, params.id)
    }),
    answer(resumeChannel, async ({ params }, caller) => {
      const channel = await liveOf(caller, params.id)
      await setState(channel, { state: 'connecting' }, 'force')
      channels.forget(params.id)
      await manager.check(await liveOf(caller, params.id))
      return viewOf(caller, params.id)
    }),
  ]
}

type ViewDeps = Pick<ChannelCallsDeps, 'manager' | 'connectors'>

export async function channelViews(
  tx: Tx,
  workspace: WorkspaceId,
  ids: ChannelId[] | null,
  deps: ViewDeps,
): Promise<ChannelView[]> {
  return (await channelRows(tx, workspace, ids)).map((row) => viewOfRow(row, deps))
}

function viewOfRow(row: ChannelRow, { manager, connectors }: ViewDeps): ChannelView {
  const { '#set': secretsSet = [], ...settings } = row.settings as Record<string, unknown> & { '#set'?: string[] }
  const connector = connectors.get(row.connector)?.connector
  return {
    ...row,
    settings,
    secretsSet,
    me: {
      id: row.me.id,
      name: row.me.name,
      ...(row.me.handle ? { handle: row.me.handle } : {}),
      ...(row.me.trouble ? { trouble: row.me.trouble } : {}),
    },
    webhookUrl: connector ? manager.webhookUrl({ id: row.id, connector, settings }) : null,
    since: row.since.toISOString(),
    lastInAt: row.lastInAt?.toISOString() ?? null,
    lastOutAt: row.lastOutAt?.toISOString() ?? null,
    unreadSince: row.unreadSince?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  }
}

export const channelPresenters = (deps: ViewDeps): { 'channel.changed': Present; 'channel.removed': Present } => ({
  'channel.changed': async (tx, workspace, rows) => {
    const views = await channelViews(
      tx,
      workspace,
      rows.map((row) => row.subject as ChannelId),
      deps,
    )
    const byId = new Map(views.map((view) => [view.id as string, view]))
    return new Map(
      rows.map((row) => {
        const channel = byId.get(row.subject)
        return [row, channel ? [{ kind: 'channel.changed', channel } satisfies FeedEvent] : []]
      }),
    )
  },
  'channel.removed': async (_, __, rows) =>
    new Map(rows.map((row) => [row, [{ kind: 'channel.removed', channel: row.subject }]])),
})
