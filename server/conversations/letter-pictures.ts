/**
 * Pictures of a letter that stand on other servers, fetched by ours when a member asks for them: their owner learns that the letter was
 * read, but not by whom and from where. Only addresses that stand in that very letter are fetched, so this is no open proxy.
 */
import { buffer } from 'node:stream/consumers'
import { sql } from 'kysely'
import type { FileId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import type { Database } from '#server/platform/database.ts'
import { detectType, HEAD_BYTES } from '#server/platform/files/detect-type.ts'
import { FileRefused, type Files } from '#server/platform/files/files.ts'
import { isDrawable, reencodeImage } from '#server/platform/files/reencode-image.ts'
import { WireFailure, type GuardedHttp, type Permit } from '#server/platform/guarded-http/guarded-http.ts'

export interface LetterPicturesDeps {
  database: Database
  files: Files
  http: GuardedHttp
  /** Where pictures may come from; default: any public host, by https. */
  permit?: Permit | undefined
}

export interface LetterPicture {
  readonly bytes: Buffer
  readonly type: string
}

export interface LetterPictures {
  /** null: no such message, no such address in its letter, or nothing there that is a picture; the caller cannot tell which. */
  fetch(workspace: WorkspaceId, message: MessageId, address: string): Promise<LetterPicture | null>
}

/** Strangers write these addresses: what the operator let the channels reach on his own network is not for them. */
const ANY_PUBLIC: Permit = { hosts: ['*'], publicOnly: true }
const MOST_BYTES = 10 * 1024 * 1024
/** Longer letters are read no further; their text is long before that. */
const MOST_LETTER_BYTES = 4 * 1024 * 1024
const TIMEOUT_MS = 15_000

export function letterPictures({ database, files, http, permit = ANY_PUBLIC }: LetterPicturesDeps): LetterPictures {
  async function letterOf(workspace: WorkspaceId, message: MessageId): Promise<string | null> {
    const file = await database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ content: Content }>`
        select content from message where workspace_id = ${workspace} and id = ${message} and deleted_at is null`.execute(
        tx,
      )
      const part = rows[0]?.content.parts.find((each) => each.kind === 'html')
      return part && 'file' in part.source ? part.source.file : null
    })
    const opened = file && (await files.open(workspace, file as FileId, { end: MOST_LETTER_BYTES }))
    return opened ? (await buffer(opened.stream)).toString('utf8') : null
  }

  /** No cookies and no referrer: the client has none. */
  async function download(url: URL): Promise<Buffer | null> {
    try {
      const headers = { accept: 'image/*' }
      const request = { method: 'GET', url, headers, permit, maxBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS } as const
      const answer = await http.download(request)
      if (answer.status === 200) return await buffer(answer.body)
      answer.body.destroy()
      return null
    } catch (error) {
      if (error instanceof WireFailure) return null
      throw error
    }
  }

  return {
    fetch: async (workspace, message, address) => {
      const wanted = pictureUrl(address)
      const letter = wanted && (await letterOf(workspace, message))
      if (!letter || !picturesIn(letter).has(wanted.href)) return null
      // Half of all letters still say http; nearly all of their servers speak https.
      if (wanted.protocol === 'http:' && !permit.plain?.includes(wanted.host)) wanted.protocol = 'https:'
      const bytes = await download(wanted)
      return bytes && drawnAnew(bytes)
    },
  }
}

async function drawnAnew(bytes: Buffer): Promise<LetterPicture | null> {
  const type = await detectType(bytes.subarray(0, HEAD_BYTES), '')
  if (!isDrawable(type)) return null
  try {
    const drawn = await reencodeImage(bytes, type)
    return drawn && (drawn.image ?? { bytes: drawn.thumbnail, type: 'image/webp' })
  } catch (error) {
    if (error instanceof FileRefused) return null
    throw error
  }
}

const SOURCE = /\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
const NAMED: Record<string, string> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' }

/** Web addresses that a letter has as `src`, in the one spelling that `URL` gives them. */
export function picturesIn(html: string): ReadonlySet<string> {
  const found = [...html.matchAll(SOURCE)].map(([, double, single, bare]) => double ?? single ?? bare ?? '')
  return new Set(found.flatMap((source) => pictureUrl(decoded(source))?.href ?? []))
}

function pictureUrl(address: string): URL | null {
  const url = URL.parse(address.trim())
  if (!url || !/^https?:$/.test(url.protocol)) return null
  url.hash = ''
  return url
}

/** A browser knows two thousand names; addresses are written with these, and one that is not is simply not fetched. */
const decoded = (value: string): string =>
  value.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|quot|apos|lt|gt));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[(name as string).toLowerCase()]!
    const code = hex ? Number.parseInt(hex as string, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : (whole as string)
  })
