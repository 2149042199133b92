/**
 * Channels come, change, are checked and go.
 *
 * create  read the settings by the connector's schema → ask the platform who we are (nothing is saved before it answered)
 *         → save, sealed → register the webhook, or let a line open → ready
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Context, Me, Plan } from '#connector-kit/connector.ts'
import { perform, WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { Connectors, Loaded } from '#connector-kit/load.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import { CONDUCT } from '#contract/message/channel-state.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { newId } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { insertChannel, retireChannel, updateChannel } from './channels.sql.ts'
import { mayKeepSecrets, secretNames } from './kept-secrets.ts'
import type { Lines } from './lines.ts'
import type { LiveChannel, LiveChannels } from './live.ts'
import { saidOf } from './said.ts'
import type { ChannelSecrets } from './seal.ts'
import type { stateKeeper } from './state.ts'

export interface Manager {
  create(
    workspace: WorkspaceId,
    given: { connector: string; name: string; settings: Record<string, unknown> },
    inSameTx?: InSameTx,
  ): Promise<ChannelId>
  change(
    channel: LiveChannel,
    given: { name?: string; settings?: Record<string, unknown> },
    inSameTx?: InSameTx,
  ): Promise<void>
  /** Asks the platform now, repairs the webhook, sets the state. Called by people, and every 15 min by the owner. */
  check(channel: LiveChannel): Promise<void>
  /** One cheap question: does the platform live? Then a channel that waited for it goes on. @throws what the question met */
  lookAgain(channel: LiveChannel): Promise<void>
  /** It gave a sign of life by itself. */
  isBack(channel: LiveChannel): Promise<void>
  remove(channel: LiveChannel, inSameTx?: InSameTx): Promise<void>
  /** Whether this channel receives over its line (a poll, IMAP …) rather than by webhook. */
  usesLine(channel: Pick<LiveChannel, 'connector' | 'settings'>): boolean
  webhookUrl(channel: Pick<LiveChannel, 'id' | 'connector' | 'settings'>): string | null
}

/** What belongs to the same commit: the audit's line, deliveries that fail with their channel. */
export type InSameTx = (tx: Tx, id: ChannelId) => Promise<void>

export interface ManagerDeps {
  database: Database
  connectors: Connectors
  secrets: ChannelSecrets
  channels: LiveChannels
  lines: Lines
  hints: Hints
  setState: ReturnType<typeof stateKeeper>
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  /** Private places that its settings name and that this server does not open. */
  unlisted(channel: LiveChannel): Promise<string[]>
  /** `PARLEY_URL`, or where we listen: known once we do. */
  publicUrl(): string
  log: Log
}

/** A platform that wants a question later is asked once more if it is so soon: somebody may be looking at the button. */
const LONGEST_WAIT_S = 5

export function manager(deps: ManagerDeps): Manager {
  const { database, connectors, secrets, channels, lines, hints, setState, log } = deps

  const receiveOf = (settings: Record<string, unknown>) =>
    typeof settings.receive === 'string' ? settings.receive : 'auto'

  function usesLine({ connector, settings }: Pick<LiveChannel, 'connector' | 'settings'>): boolean {
    const { receives } = connector.manifest
    if (!connector.connect) return false
    if (!receives.includes('webhook')) return true
    const receive = receiveOf(settings)
    return receive === 'polling' || (receive === 'auto' && !deps.publicUrl().startsWith('https://'))
  }

  const webhookUrl: Manager['webhookUrl'] = (channel) =>
    channel.connector.webhook && !usesLine(channel) ? `${deps.publicUrl()}/hooks/${channel.id}` : null

  async function create(
    workspace: WorkspaceId,
    given: { connector: string; name: string; settings: Record<string, unknown> },
    inSameTx?: InSameTx,
  ) {
    const loaded = connectors.get(given.connector)
    if (!loaded)
      throw new Refused('invalid', {
        fields: [{ path: 'connector', reason: `there is no connector ${given.connector}` }],
      })
    const settings = readSettings(loaded, given.settings)
    const id = newId<ChannelId>()
    const hookSecret = randomBytes(32).toString('base64url')
    const draft = draftOf(workspace, id, given.name, given.connector, loaded, settings, hookSecret)
    const me = await prove(draft)
    const sealer = await secrets.of(workspace)
    await database.inWorkspace(workspace, async (tx) => {
      await insertChannel(tx, workspace, {
        id,
        connector: given.connector,
        network: loaded.connector.manifest.network,
        name: given.name,
        settings: sealer.sealSettings(id, settings),
        open: openPart(loaded, settings),
        hookSecret: sealer.sealHookSecret(id, hookSecret),
        me,
        scope: scopeOf(loaded, id, me),
      })
      await announce(tx, workspace, [{ kind: 'channel.changed', subject: id }])
      await inSameTx?.(tx, id)
    })
    hints.tell('channels', id)
    hints.tell('leases')
    hints.tell(feedTopic(workspace))
    const channel = await channels.get(id)
    if (channel) await register(channel)
    return id
  }

  async function change(
    channel: LiveChannel,
    given: { name?: string; settings?: Record<string, unknown> },
    inSameTx?: InSameTx,
  ): Promise<void> {
    const loaded = connectors.get(channel.folder)!
    // Secrets that are left out stay as they are: the form never had them.
    const kept = Object.fromEntries(
      secretNames(loaded.card.settings).flatMap((name) =>
        name in channel.settings ? [[name, channel.settings[name]]] : [],
      ),
    )
    const settings = given.settings && readSettings(loaded, { ...kept, ...given.settings })
    if (given.settings && settings) mayKeepSecrets(loaded.card.settings, channel.settings, given.settings, settings)
    const me = settings && (await prove({ ...channel, settings }))
    const sealer = await secrets.of(channel.workspace)
    await database.inWorkspace(channel.workspace, async (tx) => {
      await updateChannel(tx, channel.workspace, channel.id, {
        ...(given.name ? { name: given.name } : {}),
        ...(settings
          ? { settings: { sealed: sealer.sealSettings(channel.id, settings), open: openPart(loaded, settings) } }
          : {}),
        ...(me ? { me, scope: scopeOf(loaded, channel.id, me) } : {}),
      })
      await announce(tx, channel.workspace, [{ kind: 'channel.changed', subject: channel.id }])
      await inSameTx?.(tx, channel.id)
    })
    hints.tell('channels', channel.id)
    hints.tell(feedTopic(channel.workspace))
    const fresh = await channels.get(channel.id)
    if (settings && fresh) await register(fresh, 'force')
  }

  async function check(channel: LiveChannel): Promise<void> {
    try {
      const me = await ask(channel, channel.connector.asks.me)
      await database.inWorkspace(channel.workspace, async (tx) => {
        await updateChannel(tx, channel.workspace, channel.id, { me })
        // A name, or a trouble of the platform's, stands in windows that are open. A check that finds nothing new tells nothing.
        if (!isDeepStrictEqual(me, channel.me))
          await announce(tx, channel.workspace, [{ kind: 'channel.changed', subject: channel.id }])
      })
      hints.tell('channels', channel.id)
      hints.tell(feedTopic(channel.workspace))
    } catch (error) {
      const after = stateAfter(error, log.scrub)
      // `degraded` may send: what waits for the wire would be let go into it.
      if (channel.state !== 'retrying' || after.state !== 'degraded') await setState(channel, after)
      return
    }
    const fresh = await channels.get(channel.id)
    if (fresh) await register(fresh)
  }

  async function lookAgain(channel: LiveChannel): Promise<void> {
    try {
      await ask(channel, channel.connector.asks.me)
    } catch (error) {
      const after = stateAfter(error, log.scrub)
      if (after.state !== 'degraded') await setState(channel, after)
      throw error
    }
    await isBack((await channels.get(channel.id)) ?? channel)
  }

  async function isBack(channel: LiveChannel): Promise<void> {
    // A line is woken, or says again that it is ready.
    if (channel.state === 'retrying') await setState(channel, { state: usesLine(channel) ? 'connecting' : 'ready' })
  }

  /** Tells the platform where to send its events, or not to where a line reads them. */
  async function register(channel: LiveChannel, force?: 'force'): Promise<void> {
    const { asks } = channel.connector
    const url = webhookUrl(channel)
    try {
      if (url && asks.register) await ask(channel, (c) => asks.register!(url, c))
      else if (!url && asks.unregister) await ask(channel, (c) => asks.unregister!(c))
      // A line says itself when it is ready; one that was given up is opened again.
      if (!usesLine(channel)) await setState(channel, { state: 'ready' }, force)
      else if (force || CONDUCT[channel.state].isGivenUp) await setState(channel, { state: 'connecting' }, force)
    } catch (error) {
      log.warn({ channel: channel.id, error }, 'the webhook could not be registered')
      await setState(channel, stateAfter(error, log.scrub), force)
    }
  }

  async function remove(channel: LiveChannel, inSameTx?: InSameTx): Promise<void> {
    const { asks } = channel.connector
    // Best effort: a platform that is away must not keep a channel from being removed.
    if (asks.unregister)
      await ask(channel, (c) => asks.unregister!(c)).catch((error: unknown) =>
        log.info({ channel: channel.id, error }, 'could not sign out'),
      )
    await database.inWorkspace(channel.workspace, async (tx) => {
      await retireChannel(tx, channel.workspace, channel.id, new Uint8Array())
      await announce(tx, channel.workspace, [{ kind: 'channel.removed', subject: channel.id }])
      await inSameTx?.(tx, channel.id)
    })
    hints.tell('channels', channel.id)
    hints.tell('leases')
    hints.tell(feedTopic(channel.workspace))
  }

  function ask<T>(channel: LiveChannel, question: (c: Context<unknown>) => Plan<T>): Promise<T> {
    const once = () => lines.tryOut(channel, (wire) => perform(question(deps.contextOf(channel)), wire))
    return once().catch(async (error: unknown) => {
      // Told to come again: two checks in one second say nothing of the channel's health.
      const after = error instanceof SendError && error.code === 'throttled' ? (error.details.after ?? 1) : undefined
      if (after === undefined || after > LONGEST_WAIT_S) throw error
      await delay(after * 1000)
      return once()
    })
  }

  /** @throws Refused with the platform's own words: a wrong token is told before anything is saved */
  async function prove(channel: LiveChannel): Promise<Me> {
    try {
      return await ask(channel, channel.connector.asks.me)
    } catch (error) {
      const words = log.scrub(error instanceof Error ? error.message : '').slice(0, 300)
      if (error instanceof SendError)
        throw new Refused('settings_refused', {
          detail: words,
          values: { code: error.code, words: log.scrub(saidOf(error)) },
        })
      if (error instanceof WireBroken) {
        const place = await placesOf(channel, error)
        throw new Refused('unreachable', {
          detail: words,
          values: { code: error.fault ?? error.code, words, ...(place ? { place } : {}) },
        })
      }
      throw error
    }
  }

  /** All that must be opened at once: a restart for each would be told one by one. */
  async function placesOf(channel: LiveChannel, { fault, place }: WireBroken): Promise<string | undefined> {
    if (place === undefined || fault !== 'private_host') return place
    return [...new Set([place, ...(await deps.unlisted(channel))])].join(',')
  }

  return { create, change, check, lookAgain, isBack, remove, usesLine, webhookUrl }
}

/** @throws Refused `invalid` with each field's reason */
function readSettings(loaded: Loaded, given: Record<string, unknown>): Record<string, unknown> {
  const read = loaded.connector.settings.safeParse(given)
  if (read.success) return read.data as Record<string, unknown>
  throw new Refused('invalid', {
    fields: read.error.issues.map((issue) => ({ path: ['settings', ...issue.path].join('.'), reason: issue.message })),
  })
}

export function openPart(loaded: Loaded, settings: Record<string, unknown>): Record<string, unknown> {
  const secret = new Set(secretNames(loaded.card.settings))
  return {
    ...Object.fromEntries(Object.entries(settings).filter(([name]) => !secret.has(name))),
    // What is set, without what it is: the form shows dots.
    '#set': Object.keys(settings).filter((name) => secret.has(name)),
  }
}

const scopeOf = (loaded: Loaded, id: ChannelId, me: Me): string =>
  loaded.connector.manifest.scope === 'world'
    ? ''
    : loaded.connector.manifest.scope === 'channel'
      ? id
      : (me.scope ?? me.id)

function draftOf(
  workspace: WorkspaceId,
  id: ChannelId,
  name: string,
  folder: string,
  { connector }: Loaded,
  settings: Record<string, unknown>,
  hookSecret: string,
): LiveChannel {
  return {
    id,
    workspace,
    name,
    folder,
    connector,
    settings,
    hookSecret,
    network: connector.manifest.network,
    scope: '',
    windowSeconds: null,
    me: { id: '', name: '' },
    state: 'setup',
    hold: false,
    abilities: connector.abilities as Abilities,
    kept: new Map(),
    version: 0,
  }
}

function stateAfter(error: unknown, scrub: (words: string) => string) {
  const words = scrub(saidOf(error)).slice(0, 300)
  if (error instanceof SendError && ['signed_out', 'banned', 'limited', 'api_changed'].includes(error.code))
    return {
      state: error.code as 'signed_out' | 'banned' | 'limited' | 'api_changed',
      reason: error.code,
      data: { words },
    }
  const broken = error instanceof WireBroken ? error : null
  return {
    state: 'degraded' as const,
    reason: broken ? (broken.fault ?? broken.code) : 'check_failed',
    data: { words, ...(broken?.place ? { place: broken.place } : {}) },
  }
}
