/**
 * The running program: everything is built in order, lowest rung first; then the roles of this process begin, and the subscriptions
 * at the end say who hears whom.
 */
import type { Event } from '#connector-kit/connector.ts'
import { incomingReader } from '#connector-kit/heavy.ts'
import { loadConnectors } from '#connector-kit/load.ts'
import { NIL_ID, type ChannelId, type WorkspaceId } from '#contract/ids.ts'
import { echoRule, startAutomation } from './automation/automation.ts'
import { channelChecks } from './channels/checks.ts'
import { channelCalls, channelPresenters } from './channels/channels.http.ts'
import { startLines } from './channels/lines.ts'
import { contextOf, liveChannels, type LiveChannel } from './channels/live.ts'
import { manager } from './channels/manage.ts'
import { channelSecrets } from './channels/seal.ts'
import { stateKeeper } from './channels/state.ts'
import { channelTraffic } from './channels/traffic.ts'
import { permitOf, wires, type WireOf } from './channels/wire.ts'
import { contactPresenters } from './contacts/views.ts'
import { contactCalls } from './conversations/contacts.http.ts'
import { conversationCalls } from './conversations/conversations.http.ts'
import { conversationPresenters } from './conversations/presenters.ts'
import { channelFiles } from './conversations/channel-files.ts'
import { fileCalls, fileRoutes, visitorFiles } from './conversations/files.http.ts'
import { fileLinks } from './conversations/file-links.ts'
import { messagePageRoutes, messagePages } from './conversations/message-pages.ts'
import { letterPictures } from './conversations/letter-pictures.ts'
import { deliveryCalls } from './delivery/delivery.http.ts'
import { losable } from './delivery/losable.ts'
import { failQueued } from './delivery/fail-waiting.ts'
import { startSender } from './delivery/sender.ts'
import { feedRoute } from './feed/feed.http.ts'
import { noteHighWater } from './feed/high-water.ts'
import { feedReader } from './feed/reader.ts'
import { startHttp, type Http } from './http/http.ts'
import { typingIn } from './ingest/contact-types.ts'
import { startFetching } from './ingest/fetch-files.ts'
import { hooks } from './ingest/hooks.ts'
import { hookRoutes } from './ingest/hooks.http.ts'
import { ingestCalls } from './ingest/ingest.http.ts'
import { startJournal } from './ingest/journal.ts'
import { proveFrom } from './ingest/proof.ts'
import { startWorker } from './ingest/worker.ts'
import { newSetupSecret } from './members/accounts.ts'
import { auditBy } from './members/audit.ts'
import { callers } from './members/callers.ts'
import { accountCalls, type AccountCallsDeps } from './members/account.http.ts'
import { memberCalls, memberPresenters } from './members/members.http.ts'
import type { Database } from './platform/database.ts'
import { diskRoom } from './platform/disk-room.ts'
import { endInOrder } from './platform/end-in-order.ts'
import type { Permit } from './platform/guarded-http/guarded-http.ts'
import { startLeases, type LeaseName } from './platform/leases.ts'
import type { Log } from './platform/log.ts'
import { isPublicUrl } from './platform/loopback.ts'
import { openPlatform } from './platform/open-platform.ts'
import { programClock } from './platform/new-id.ts'
import type { Settings } from './platform/settings.ts'
import { searchCalls, startSearch } from './search/search.ts'
import { upkeep } from './upkeep/upkeep.ts'
import { watch } from './upkeep/watch.ts'

export interface Program {
  /** Where it listens; null without the roles that listen. */
  readonly url: string | null
  /** The one-time link for the first owner, while there is none. */
  readonly setupUrl: string | null
  readonly database: Database
  /** Ends in order: no new claims, what flies lands, leases are handed over. @returns the parts that hung and were left */
  stop(): Promise<readonly string[]>
}

/** Each folder below it is a messenger. */
const CONNECTORS = new URL('../connectors/', import.meta.url)
const NOTE_EVERY_MS = 30_000

export async function startProgram(
  settings: Settings,
  programUrl: string,
  log: Log,
  options: { echo?: boolean; connectors?: URL; pictures?: Permit; checkEveryMs?: number } = {},
): Promise<Program> {
  const has = (role: 'web' | 'ingest' | 'worker' | 'sender' | 'scheduler') => settings.roles.has(role)
  const listens = has('web') || has('ingest')

  let stopping = false

  // ---------------------------------------------------------------- platform
  const platform = await openPlatform(settings, programUrl, log)
  const { database, hints, secrets, files, http, metrics, workspaces } = platform
  const watching = watch({
    database,
    metrics,
    log,
    workspaces,
    clockDiffersByMs: platform.clockDiffersByMs,
    diskRoom: () => diskRoom(settings.dataDir),
  })
  /** Where outsiders find us. The port 0 is any free one, known once we listen. */
  const baseUrl = () => settings.url ?? server?.url ?? `http://${settings.host}:${settings.port}`
  let server: Http | null = null

  // ---------------------------------------------------------------- channels
  const folder = options.connectors ?? CONNECTORS
  const connectors = await loadConnectors(folder)
  const reader = incomingReader(folder)
  const sealers = channelSecrets(secrets, log)
  const channels = liveChannels({ database, connectors, secrets: sealers, hints })
  const setState = stateKeeper({ database, hints })
  const traffic = channelTraffic({ database, log })
  const links = await fileLinks({ database, secrets, clock: programClock, url: settings.url })
  const pages = await messagePages({ database, secrets, clock: programClock, url: settings.url })
  const pictures = letterPictures({ database, files, http, permit: options.pictures })
  const { linkOf, publicUrl, describeFile, openFile } = channelFiles({ database, files, links })
  const context = (channel: LiveChannel) => contextOf(channel, publicUrl)

  // ---------------------------------------------------------------- journal, lines, wires
  const flights = metrics.histogram('flight_seconds', 'One flight of the journal: from boarding to its commit')
  const journal = startJournal({ database, secrets, hints, flew: (seconds) => flights.observe(seconds) })
  const incomingOf = (channel: LiveChannel, event: Event) =>
    reader.read(channel.folder, channel.connector, event, context(channel))
  const passing = (channel: LiveChannel, events: Event[]) =>
    void typingIn({ database, incomingOf }, channel, events)
      .then((conversations) => {
        for (const conversation of conversations) feed.hint(channel.workspace, { hint: 'contact.typing', conversation })
      })
      .catch((error: unknown) => log.debug({ error }, 'a passing event was lost'))
  let wireOf: WireOf
  const lines = startLines({
    database,
    http,
    hints,
    channels,
    setState,
    receive: async (channel, events, cursor) => void (await journal.take(channel, events, cursor)),
    passing,
    describeFile,
    openFile,
    contextOf: context,
    wireOf: (channel, signal) => wireOf(channel, signal),
    usesLine: (channel) => channelManager.usesLine(channel),
    log,
  })
  wireOf = wires({ database, http, hints, secrets: sealers, lines, describeFile, openFile })
  const channelManager = manager({
    unlisted: (channel) => http.unlisted(permitOf(channel)),
    database,
    connectors,
    secrets: sealers,
    channels,
    lines,
    hints,
    setState,
    contextOf: context,
    publicUrl: baseUrl,
    log,
  })

  // ---------------------------------------------------------------- feed
  const feed = feedReader({
    database,
    hints,
    log,
    presenters: {
      ...conversationPresenters,
      ...contactPresenters,
      ...memberPresenters,
      ...channelPresenters({ manager: channelManager, connectors }),
    },
  })

  // ---------------------------------------------------------------- http
  const known = callers(database)
  hints.on('callers', () => known.forget())
  const visitors = visitorFiles({ database, files })
  const takesHooks = hooks({
    channels,
    journal,
    wireOf,
    publicUrl,
    passing,
    claim: (channel, own) => visitors.claim(channel, own),
    isNearlyFull: async () => (await diskRoom(settings.dataDir))?.isNearlyFull ?? false,
    metrics,
    log,
  })
  const toNetworks = losable({ database, channels, wireOf, contextOf: context, log })
  const audit = auditBy
  let setCookie: AccountCallsDeps['setCookie'] = () => {}
  server = listens
    ? await startHttp({
        settings,
        database,
        secrets,
        callers: known,
        metrics,
        log,
        ready: async () => {
          await platform.answers()
          return !stopping
        },
        alarms: watching.alarms,
        calls: has('web')
          ? [
              ...memberCalls({ database, hints, callers: known }),
              ...accountCalls({
                database,
                hints,
                secrets,
                callers: known,
                setCookie: (...args) => setCookie(...args),
                isPublic: isPublicUrl(settings.url),
                alarms: watching.alarms,
                isSecure: settings.url?.startsWith('https://') ?? false,
              }),
              ...channelCalls({ database, connectors, channels, manager: channelManager, setState, audit, failQueued }),
              ...conversationCalls({
                database,
                hints,
                hint: feed.hint,
                types: toNetworks.typing,
                seen: toNetworks.read,
              }),
              ...contactCalls({ database, hints, channels, audit }),
              ...deliveryCalls({ database, connectors, hints, audit, isReachable: settings.url !== null }),
              ...ingestCalls({ database, hints, journal, log, audit }),
              ...fileCalls({ database }),
              ...searchCalls({ database }),
            ]
          : [],
        routes: ({ callerOf }) => [
          ...(has('ingest') ? [hookRoutes({ hooks: takesHooks, database, hints, log, ...visitors })] : []),
          ...(has('web')
            ? [
                fileRoutes({ database, files, links, pictures, callerOf }),
                messagePageRoutes(pages),
                feedRoute({ reader: feed, hints, callerOf, log }),
              ]
            : []),
        ],
      })
    : null
  if (server) setCookie = server.setCookie

  // ---------------------------------------------------------------- worker
  const rules = options.echo ? [echoRule] : []
  const worker = has('worker')
    ? startWorker({
        database,
        hints,
        journal,
        channels,
        workspaces,
        contextOf: context,
        incomingOf,
        hasRules: rules.length > 0,
        consequences: proveFrom,
        afterwards: async (plan, live) => {
          watching.came(plan.messages, live)
          for (const channel of live.values()) {
            traffic.heard(channel)
            await channelManager.isBack(channel)
          }
          for (const { channel, chat, press } of plan.presses) toNetworks.answer(channel, chat, press)
          for (const { channel, state, reason } of plan.states) {
            const found = live.get(channel)
            if (found) await setState(found, { state: state as LiveChannel['state'], reason })
          }
        },
        log,
      })
    : null
  const fetching = has('worker')
    ? startFetching({
        database,
        files,
        http,
        hints,
        channels,
        journal,
        reader,
        lines,
        wireOf,
        publicUrl,
        workspaces,
        log,
      })
    : null
  const automation =
    has('worker') && rules.length > 0
      ? startAutomation({ database, hints, log, workspaces, rules, guarded: !options.echo })
      : null
  const index = has('worker') ? startSearch({ database, log, workspaces }) : null

  // ---------------------------------------------------------------- owners of channels, the scheduler
  const endings = metrics.counter('sends_total', 'Attempts to send, by how they ended', ['outcome'])
  const sender = startSender({
    database,
    hints,
    channels,
    setState,
    wireOf,
    probe: async (channel) => channelManager.lookAgain(channel),
    contextOf: context,
    linkOf,
    pageOf: (channel, message) => pages.linkTo(channel.workspace, message),
    ended: (channel, outcome) => {
      endings.add({ outcome })
      if (outcome !== 'sent') return
      watching.left()
      traffic.wasHeard(channel)
    },
    log,
  })
  const SCHEDULER = 'scheduler'
  const checkNowAndThen = channelChecks({ channels, manager: channelManager, log, everyMs: options.checkEveryMs })
  const leases = await startLeases({
    database,
    clock: programClock,
    log,
    wanted: async () => {
      const names: LeaseName[] = has('sender')
        ? (await channels.active()).map(({ workspace, id }) => ({ workspace, name: `channel ${id}` }))
        : []
      return has('scheduler') ? [...names, { workspace: NIL_ID as WorkspaceId, name: SCHEDULER }] : names
    },
    own: async (lease) => {
      if (lease.name === SCHEDULER) return upkeep({ database, files, hints, log, workspaces }, lease.signal)
      const id = lease.name.slice('channel '.length) as ChannelId
      await Promise.all([lines.own(lease, id), sender.own(lease, id), checkNowAndThen(id, lease.signal)])
    },
  })
  hints.on('leases', () => leases.look())

  const note = async () => noteHighWater(database, settings.dataDir, await workspaces())
  const noting = setInterval(
    () => void note().catch((error: unknown) => log.debug({ error }, 'the feed’s place was not noted')),
    NOTE_EVERY_MS,
  )

  let ended: Promise<readonly string[]> | undefined
  const setup = server ? await newSetupSecret(database) : null
  return {
    url: server?.url ?? null,
    setupUrl: setup && server ? `${server.url}/setup#${setup}` : null,
    database,
    stop: () => {
      stopping = true
      clearInterval(noting)
      return (ended ??= endInOrder(
        [
          ['leases', leases.close],
          ['worker', async () => worker?.close()],
          ['automation', async () => automation?.close()],
          ['fetching', async () => fetching?.close()],
          ['search', async () => index?.close()],
          ['feed', feed.close],
          ['http', async () => server?.close()],
          ['journal', journal.close],
          ['reader', reader.close],
          ['watch', watching.close],
          ['traffic', traffic.close],
          // Without the database there is no place to note, which hurts nobody.
          ['high water', () => note().catch(() => {})],
          ['platform', platform.close],
        ],
        log,
      ))
    },
  }
}
