/**
 * Performs what a channel's plans ask for: requests through the guarded client with that channel's permit, frames to its open line,
 * entries of its visitors' streams, values to keep. The kit knows none of these; it is handed this function.
 */
import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Body, Reply, Request } from '#connector-kit/connector.ts'
import { WireBroken, type Wire } from '#connector-kit/perform.ts'
import { wireFaultIn } from '#connector-kit/wire-fault.ts'
import type { FileId } from '#contract/ids.ts'
import type { FileRef } from '#contract/message/content.ts'
import type { WireFault } from '#contract/wire-fault.ts'
import type { Database } from '#server/platform/database.ts'
import {
  permitFor,
  Unlisted,
  WireFailure,
  type GuardedHttp,
  type HttpBody,
  type MultipartPart,
  type Permit,
  type WireFailureKind,
} from '#server/platform/guarded-http/guarded-http.ts'
import type { Hints } from '#server/platform/hints.ts'
import { timeIn } from '#server/platform/new-id.ts'
import { storable } from '#server/platform/storable.ts'
import type { Lines } from './lines.ts'
import type { LiveChannel } from './live.ts'
import type { ChannelSecrets } from './seal.ts'
import { addToStreams, streamTopic } from './streams.ts'

export interface WireDeps {
  database: Database
  http: GuardedHttp
  hints: Hints
  secrets: ChannelSecrets
  lines: Pick<Lines, 'exchange'>
  describeFile(channel: LiveChannel, file: FileId): Promise<FileFacts>
  /** The bytes of one of our files. */
  openFile(channel: LiveChannel, file: FileId): Promise<Readable>
}

export interface FileFacts {
  type: string
  name: string | null
  bytes: number
}

const UPLOAD_MS = 120_000

export type WireOf = (channel: LiveChannel, signal: AbortSignal) => Wire

export function wires(deps: WireDeps): WireOf {
  return (channel, signal) => async (request) => {
    switch (request.via) {
      // What a platform answers ends in rows: names, numbers of messages, words of refusals.
      case 'http':
        return storable(await overHttp(deps, channel, request, signal))
      case 'line':
        return storable(await deps.lines.exchange(channel.id, request.frame, signal))
      case 'socket':
        return toStream(deps, channel, request)
      case 'keep':
        return keep(deps, channel, request)
    }
  }
}

async function overHttp(
  deps: WireDeps,
  channel: LiveChannel,
  request: Extract<Request, { via: 'http' }>,
  signal: AbortSignal,
): Promise<Reply> {
  const body = request.body && (await readable(deps, channel, request.body))
  try {
    const {
      status,
      headers,
      text,
      body: json,
    } = await deps.http.request({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body,
      permit: permitOf(channel),
      timeoutMs: request.timeoutMs ?? (hasFile(request.body) ? UPLOAD_MS : undefined),
      signal,
    })
    return { status, headers, text, body: json }
  } catch (error) {
    throw asBroken(error)
  }
}

/** A wire that broke, in the kit's words. Our own mistakes go on as they are. */
export function asBroken(error: unknown): unknown {
  if (!(error instanceof WireFailure)) return error
  if (error.kind === 'invalid' || error.kind === 'source') return error
  const code = error.kind === 'proxy_down' ? 'proxy_down' : 'wire'
  const unlisted = error.cause instanceof Unlisted ? error.cause : undefined
  const fault = unlisted?.fault ?? wireFaultIn(error.cause) ?? FAULT_OF[error.kind]
  return new WireBroken(error.message, error.written, code, fault, unlisted?.place)
}

const FAULT_OF: Partial<Record<WireFailureKind, WireFault>> = {
  dns: 'name_unknown',
  connect: 'no_answer',
  tls: 'no_tls',
  timeout: 'no_answer',
  cut: 'cut',
  unreadable: 'not_understood',
  too_large: 'not_understood',
}

const permits = new WeakMap<LiveChannel, Permit>()

/** Where this channel may go: its connector's hosts, and what its own settings name. */
export function permitOf(channel: LiveChannel): Permit {
  let permit = permits.get(channel)
  if (!permit) permits.set(channel, (permit = permitForSettings(channel.connector.manifest, channel.settings)))
  return permit
}

export function permitForSettings(
  manifest: LiveChannel['connector']['manifest'],
  settings: Record<string, unknown>,
): Permit {
  const { apiUrl, proxy } = settings as { apiUrl?: string; proxy?: string }
  return permitFor({
    hosts: manifest.hosts,
    urls: apiUrl ? [apiUrl] : [],
    hostPorts: hostPortsIn(settings),
    ...(manifest.ca ? { ca: manifest.ca } : {}),
    ...(proxy ? { proxies: [proxy] } : {}),
  })
}

/** Servers that settings name as `{ host, port }`: mail, IRC, XMPP. */
const hostPortsIn = (settings: Record<string, unknown>): string[] =>
  Object.values(settings).flatMap((value) =>
    value && typeof value === 'object' && 'host' in value && 'port' in value && typeof value.host === 'string'
      ? [`${value.host}:${String(value.port)}`]
      : [],
  )

// ---------------------------------------------------------------- bodies

const hasFile = (body: Body | undefined): boolean =>
  body !== undefined &&
  ('file' in body || ('multipart' in body && body.multipart.some((part) => part.file !== undefined)))

/** Files become streams that can be opened again: a redirect or another proxy may need the bytes twice. */
async function readable(deps: WireDeps, channel: LiveChannel, body: Body): Promise<HttpBody> {
  if ('json' in body) return { json: body.json }
  if ('form' in body) return { form: body.form }
  if ('text' in body) return { text: body.text, type: body.type }
  if ('file' in body) {
    const { file } = await sourceOf(deps, channel, body.file)
    return { ...file, type: body.type }
  }
  const parts: MultipartPart[] = []
  for (const part of body.multipart) {
    if (!part.file) {
      parts.push({ name: part.name, value: part.value ?? '' })
      continue
    }
    const { file, type, name } = await sourceOf(deps, channel, part.file)
    parts.push({ name: part.name, file: { ...file, type: part.type ?? type, name: part.fileName ?? name ?? 'file' } })
  }
  return { multipart: parts }
}

async function sourceOf(deps: WireDeps, channel: LiveChannel, ref: FileRef) {
  if (!('file' in ref)) throw new Error('a file that was not fetched cannot be sent')
  const id = ref.file
  const first = await deps.describeFile(channel, id)
  return {
    type: first.type,
    name: first.name,
    file: {
      size: first.bytes,
      open: async function* () {
        yield* await deps.openFile(channel, id)
      },
    },
  }
}

// ---------------------------------------------------------------- ours

const DONE: Reply = { status: 200, headers: {}, body: null, text: '' }

async function toStream(
  deps: WireDeps,
  channel: LiveChannel,
  request: Extract<Request, { via: 'socket' }>,
): Promise<Reply> {
  if (request.passing) {
    deps.hints.tell(streamTopic(channel.id, request.chat), { passing: request.frame })
    return DONE
  }
  try {
    await deps.database.inWorkspace(channel.workspace, (tx) =>
      addToStreams(tx, channel.workspace, channel.id, [request]),
    )
  } catch (error) {
    // The key folds a repeat, so it may simply be tried again.
    throw new WireBroken(error instanceof Error ? error.message : 'the database is away', false)
  }
  deps.hints.tell(streamTopic(channel.id, request.chat))
  return DONE
}

async function keep(deps: WireDeps, channel: LiveChannel, request: Extract<Request, { via: 'keep' }>): Promise<Reply> {
  const sealer = await deps.secrets.of(channel.workspace)
  const expiresAt = timeIn(request.seconds * 1000)
  await deps.database.inWorkspace(channel.workspace, (tx) =>
    sql`insert into channel_kept (workspace_id, channel_id, name, value, expires_at)
        values (${channel.workspace}, ${channel.id}, ${request.name}, ${sealer.sealKept(channel.id, request.name, request.value)}, ${expiresAt})
        on conflict (workspace_id, channel_id, name) do update set value = excluded.value, expires_at = excluded.expires_at`.execute(
      tx,
    ),
  )
  channel.kept.set(request.name, { value: request.value, expiresAt })
  return DONE
}
