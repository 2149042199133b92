/**
 * Fetches what messages hold only by their platform's reference, before the link dies. A file never holds a message up: it stands
 * with a placeholder, and is filled in here. On failure the part stays, with its reason, and can be asked for again.
 *
 * Several at once, the workspaces in turn, of one channel a few only, and what has become slow gives up its place: whoever is slow has
 * others wait for nothing but himself.
 *
 * take a due row → came inside the event itself (a letter's attachment)? → else ask the connector where the bytes are, stream them in
 * → on the disk → one transaction: file row, the message's part, the feed
 */
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { IncomingReader } from '#connector-kit/heavy.ts'
import type { Carried } from '#connector-kit/connector.ts'
import { perform } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { ChannelId, IdentityId, InboundId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { MOST_FILE_BYTES } from '#contract/limits.ts'
import { isMedia, type Content } from '#contract/message/content.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { contextOf, type LiveChannel, type LiveChannels } from '#server/channels/live.ts'
import type { Lines } from '#server/channels/lines.ts'
import { permitOf, type WireOf } from '#server/channels/wire.ts'
import { insertFile } from '#server/conversations/files.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { FileRefused, type Files, type StoredFile } from '#server/platform/files/files.ts'
import type { GuardedHttp } from '#server/platform/guarded-http/guarded-http.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { storable } from '#server/platform/storable.ts'
import { turns } from '#server/platform/turns.ts'
import type { Journal } from './journal.ts'
import { untilAborted } from './until-aborted.ts'

export interface FetchDeps {
  database: Database
  files: Files
  http: GuardedHttp
  hints: Hints
  channels: LiveChannels
  journal: Journal
  reader: Pick<IncomingReader, 'carried'>
  lines: Pick<Lines, 'fetch'>
  wireOf: WireOf
  publicUrl: Parameters<typeof contextOf>[1]
  workspaces(): Promise<WorkspaceId[]>
  log: Log
}

interface Row {
  id: string
  channel: ChannelId
  message: MessageId | null
  identity: IdentityId | null
  inbound: InboundId | null
  part: number
  remote: string
  tries: number
}

interface Running {
  readonly workspace: WorkspaceId
  readonly channel: ChannelId
  isSlow: boolean
}

/** Beside those that have become slow. */
const AT_ONCE = 12
const SLOW_MS = 2_000
/** With those that have become slow. */
const OF_A_CHANNEL = 4
const OF_A_WORKSPACE = 32
const POLL_MS = 2_000
const MOST_TRIES = 5
const MEDIA_MS = 120_000
/** While a fetch runs nobody else takes its row. */
const CLAIMED = '3 minutes'
/** A fetch ends before that, wherever it hangs. */
const FETCH_MS = 170_000

export function startFetching(deps: FetchDeps): { close(): Promise<void> } {
  const { database, hints, log } = deps
  const stop = new AbortController()
  /** Workspaces that may have something due; the first is next. */
  const waiting = new Set<WorkspaceId>()
  const running = new Map<Promise<void>, Running>()
  const filling = turns({ turn: fillUp, failed: (error) => log.debug({ error }, 'files wait for the database') })
  const off = hints.on('files', (workspace) => look([workspace as WorkspaceId]))
  const timer = setInterval(() => void lookAtAll(), POLL_MS)
  void lookAtAll()

  function look(workspaces: readonly WorkspaceId[]): void {
    for (const workspace of workspaces) waiting.add(workspace)
    void filling.ask()
  }

  async function lookAtAll(): Promise<void> {
    try {
      look(await deps.workspaces())
    } catch (error) {
      log.debug({ error }, 'files wait for the database')
    }
  }

  /** One file of the first workspace, which then goes behind the others, until all places are taken or nothing is due. */
  async function fillUp(): Promise<void> {
    for (const workspace of waiting) {
      if (runningIf((each) => !each.isSlow).length >= AT_ONCE || stop.signal.aborted) return
      // Before the claim: who asks from now on comes again. What is added while this runs is visited too, behind the others.
      waiting.delete(workspace)
      if (runningIf((each) => each.workspace === workspace).length >= OF_A_WORKSPACE) continue
      const row = await database.inWorkspace(workspace, (tx) => claim(tx, workspace, busyChannels()))
      if (!row) continue
      waiting.add(workspace)
      const mine: Running = { workspace, channel: row.channel, isSlow: false }
      const patience = setTimeout(() => {
        mine.isSlow = true
        look([])
      }, SLOW_MS)
      const fetch: Promise<void> = fetchOne(workspace, row).finally(() => {
        clearTimeout(patience)
        running.delete(fetch)
        hints.tell(feedTopic(workspace))
        // What waited for a place in this channel.
        look([workspace])
      })
      running.set(fetch, mine)
    }
  }

  const runningIf = (which: (each: Running) => boolean) => [...running.values()].filter(which)

  const busyChannels = () =>
    [...Map.groupBy(running.values(), ({ channel }) => channel)].flatMap(([channel, all]) =>
      all.length >= OF_A_CHANNEL ? [channel] : [],
    )

  async function fetchOne(workspace: WorkspaceId, row: Row): Promise<void> {
    try {
      const channel = await deps.channels.get(row.channel)
      if (!channel) throw new FileRefused('unreadable', 'the channel was removed')
      const stored = await store(channel, row)
      await database.inWorkspace(workspace, (tx) => fill(tx, workspace, row, stored))
    } catch (error) {
      const last = isRefused(error) || row.tries + 1 >= MOST_TRIES
      const words = storable(log.scrub(error instanceof Error ? error.message : 'it failed').slice(0, 200))
      log.info({ channel: row.channel, error }, 'a file could not be fetched')
      await database
        .inWorkspace(workspace, (tx) =>
          stop.signal.aborted ? putBack(tx, workspace, row) : giveUp(tx, workspace, row, words, last),
        )
        .catch((failure: unknown) => log.debug({ error: failure }, 'a failed fetch was not recorded'))
    }
  }

  async function store(channel: LiveChannel, row: Row): Promise<StoredFile> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(FETCH_MS)])
    const maxBytes = Math.max(
      MOST_FILE_BYTES,
      ...Object.values(channel.abilities.media ?? {}).map((media) => media.bytes),
    )
    const carried = await carriedIn(channel, row, signal)
    if (carried)
      return deps.files.put(channel.workspace, Readable.from([carried.bytes]), {
        maxBytes,
        ...(carried.name ? { name: carried.name } : {}),
      })
    const { asks } = channel.connector
    if (!asks.file) throw new FileRefused('unreadable', 'this network gives no files')
    const context = contextOf(channel, deps.publicUrl)
    const place = await perform(asks.file(row.remote, context), deps.wireOf(channel, signal))
    if ('frame' in place)
      return deps.files.put(
        channel.workspace,
        await untilAborted(signal, () => deps.lines.fetch(channel.id, place.frame, signal)),
        { maxBytes },
      )
    const answer = await deps.http.download({
      method: 'GET',
      url: place.url,
      headers: place.headers ?? {},
      permit: permitOf(channel),
      timeoutMs: MEDIA_MS,
      maxBytes,
      signal,
    })
    if (answer.status !== 200) {
      answer.body.destroy()
      throw new Error(`the platform answered ${answer.status}`)
    }
    return deps.files.put(channel.workspace, answer.body, { maxBytes })
  }

  async function carriedIn(channel: LiveChannel, row: Row, signal: AbortSignal): Promise<Carried | null> {
    const inbound = row.inbound
    if (!inbound || !channel.connector.carried) return null
    const events = await database.inWorkspace(channel.workspace, (tx) =>
      deps.journal.read(tx, channel.workspace, [inbound]),
    )
    const journaled = events.get(inbound)
    return journaled
      ? deps.reader.carried(
          channel.folder,
          channel.connector,
          journaled.event,
          row.remote,
          contextOf(channel, deps.publicUrl),
          signal,
        )
      : null
  }

  return {
    close: async () => {
      stop.abort()
      off()
      clearInterval(timer)
      await filling.close()
      await Promise.all(running.keys())
    },
  }
}

/** For good: asking again would be answered with the same. */
const isRefused = (error: unknown): boolean =>
  error instanceof FileRefused || (error instanceof SendError && verdictOf(error.code).retry === 'no')

/** As an array, or a plan may look for the first one again for every row, and claim them all. */
async function claim(tx: Tx, workspace: WorkspaceId, busy: readonly ChannelId[]): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    update file_fetch f set ready_at = now() + ${CLAIMED}::interval
     where f.workspace_id = ${workspace} and f.id = any (array(
           select id from file_fetch where workspace_id = ${workspace} and failed is null and ready_at <= now() and channel_id <> all (${busy}::uuid[])
            order by ready_at limit 1 for update skip locked))
    returning f.id, f.channel_id as channel, f.message_id as message, f.identity_id as identity, f.inbound_id as inbound, f.part, f.remote, f.tries`.execute(
    tx,
  )
  return rows[0]
}

/** The message's part now names our file. An edit may have replaced it meanwhile: then the file stays loose and is swept. */
async function fill(tx: Tx, workspace: WorkspaceId, row: Row, stored: StoredFile): Promise<void> {
  await sql`delete from file_fetch where workspace_id = ${workspace} and id = ${row.id}`.execute(tx)
  if (row.identity) {
    await insertFile(tx, workspace, stored, { channel: row.channel, chat: '' }, true)
    const { rows } = await sql<{ contact: string | null }>`
      update identity set avatar_id = ${stored.id} where workspace_id = ${workspace} and id = ${row.identity} returning contact_id as contact`.execute(
      tx,
    )
    if (rows[0]?.contact) await announce(tx, workspace, [{ kind: 'contact.changed', subject: rows[0].contact }])
    return
  }
  if (!row.message) return
  const changed = await changePart(tx, workspace, row, (part) => ({
    ...part,
    source: { file: stored.id },
    ...(part.kind === 'html'
      ? {}
      : {
          type: stored.type,
          bytes: stored.bytes,
          ...(part.name ? {} : { name: stored.name }),
          ...(stored.width && stored.height ? { width: stored.width, height: stored.height } : {}),
        }),
  }))
  await insertFile(tx, workspace, stored, { channel: row.channel, chat: await chatOf(tx, workspace, row) }, changed)
}

async function chatOf(tx: Tx, workspace: WorkspaceId, row: Row): Promise<string> {
  const { rows } = await sql<{ chat: string }>`
    select chat from message_ref where workspace_id = ${workspace} and message_id = ${row.message} and channel_id = ${row.channel} limit 1`.execute(
    tx,
  )
  return rows[0]?.chat ?? ''
}

/** Nobody's fault: the program stops. */
async function putBack(tx: Tx, workspace: WorkspaceId, row: Row): Promise<void> {
  await sql`update file_fetch set ready_at = now() where workspace_id = ${workspace} and id = ${row.id}`.execute(tx)
}

async function giveUp(tx: Tx, workspace: WorkspaceId, row: Row, words: string, last: boolean): Promise<void> {
  await sql`
    update file_fetch set tries = tries + 1, ready_at = now() + power(4, tries) * interval '1 second', failed = ${last ? words : null}
     where workspace_id = ${workspace} and id = ${row.id}`.execute(tx)
  if (last && row.message)
    await changePart(tx, workspace, row, (part) => ({ ...part, source: { remote: row.remote, failed: words } }))
}

type FilePart = Extract<Content['parts'][number], { source: unknown }>

async function changePart(
  tx: Tx,
  workspace: WorkspaceId,
  row: Row,
  change: (part: FilePart) => FilePart,
): Promise<boolean> {
  const { rows } = await sql<{
    content: Content
  }>`select content from message where workspace_id = ${workspace} and id = ${row.message} for update`.execute(tx)
  const content = rows[0]?.content
  const part = content?.parts[row.part]
  if (!content || !part || !('source' in part) || !('remote' in part.source) || part.source.remote !== row.remote)
    return false
  const parts = content.parts.map((each, index) =>
    index === row.part && (isMedia(each) || each.kind === 'html') ? change(each) : each,
  )
  await sql`update message set content = ${JSON.stringify({ ...content, parts })}::jsonb where workspace_id = ${workspace} and id = ${row.message}`.execute(
    tx,
  )
  await announce(tx, workspace, [{ kind: 'message.changed', subject: row.message! }])
  return true
}

/** Asks again for a file that the platform did not give. @returns false: there is nothing to ask for */
export async function fetchAgain(tx: Tx, workspace: WorkspaceId, message: MessageId, part: number): Promise<boolean> {
  const { rows } = await sql<{ remote: string }>`
    update file_fetch set failed = null, tries = 0, ready_at = now() where workspace_id = ${workspace} and message_id = ${message} and part = ${part} and failed is not null
    returning remote`.execute(tx)
  const remote = rows[0]?.remote
  if (remote === undefined) return false
  const row: Row = { id: '', channel: '' as ChannelId, message, identity: null, inbound: null, part, remote, tries: 0 }
  await changePart(tx, workspace, row, (each) => ({ ...each, source: { remote } }))
  return true
}
