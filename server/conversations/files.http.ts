/**
 * `POST /api/files`, `GET /api/files/:id`, pictures of letters, and files of visitors of a site: streamed, so they are routes beside the
 * declared calls.
 */
import { Readable } from 'node:stream'
import multipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { revokeFileLinks } from '#contract/calls/files.ts'
import type { FileId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { MOST_FILE_BYTES } from '#contract/limits.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { takesLong } from '#server/platform/arrival.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { Database } from '#server/platform/database.ts'
import { FileRefused, rangeOf, serving, type Files } from '#server/platform/files/files.ts'
import { isId } from '#server/platform/ids.ts'
import { Refused } from '#server/platform/problem.ts'
import { takeLinksBack, type FileLinks } from './file-links.ts'
import { chatsHoldFile, claimUploads, findFile, takeFile, type FileRow } from './files.ts'
import type { LetterPictures } from './letter-pictures.ts'

export interface FileRoutesDeps {
  database: Database
  files: Files
  links: FileLinks
  pictures: LetterPictures
  /** Who calls; refuses who may not. */
  callerOf(request: FastifyRequest, act: 'conversation.read' | 'file.read' | 'file.upload'): Promise<Caller>
}

export const fileRoutes = (deps: FileRoutesDeps) =>
  async function routes(app: FastifyInstance): Promise<void> {
    // One byte more than is taken: at its limit the parser cuts, and the file would be kept without its end. `bodyLimit` stops no stream.
    await app.register(multipart, { limits: { fileSize: MOST_FILE_BYTES + 1, files: 1, fields: 5 } })

    app.post('/api/files', async (request, reply) => {
      const caller = await deps.callerOf(request, 'file.upload')
      takesLong(request.raw)
      const part = request.isMultipart() ? await fileIn(request) : undefined
      if (part?.fieldname !== 'file') {
        part?.file.resume()
        throw new Refused('invalid', {
          fields: [{ path: 'file', reason: 'one file of this name as multipart/form-data is wanted' }],
        })
      }
      return reply.code(201).send(
        await taking(part.file, (chunks) =>
          takeFile(deps, caller.workspace, chunks, {
            bytes: MOST_FILE_BYTES,
            name: part.filename,
            by: { member: caller.member },
          }),
        ),
      )
    })

    app.get('/api/files/:id', async (request, reply) => {
      const caller = await deps.callerOf(request, 'file.read')
      const { id } = request.params as { id: string }
      const { thumbnail, download } = request.query as { thumbnail?: string; download?: string }
      const file = isId(id)
        ? await deps.database.inWorkspace(caller.workspace, (tx) => findFile(tx, caller.workspace, id as FileId))
        : null
      if (!file) throw new Refused('not_found')
      if (thumbnail !== undefined && file.thumbnail) return sendThumbnail(deps, reply, caller.workspace, id as FileId)
      return sendFile(deps, reply, caller.workspace, id as FileId, file, request.headers.range, download !== undefined)
    })

    app.get('/api/messages/:id/picture', async (request, reply) => {
      const caller = await deps.callerOf(request, 'conversation.read')
      const { id } = request.params as { id: string }
      const { url } = request.query as { url?: unknown }
      const picture =
        isId(id) && typeof url === 'string' ? await deps.pictures.fetch(caller.workspace, id as MessageId, url) : null
      if (!picture) throw new Refused('not_found')
      const { headers } = serving({ type: picture.type, name: `picture.${picture.type.slice('image/'.length)}` })
      return reply.headers({ ...headers, 'cache-control': 'private, max-age=86400' }).send(picture.bytes)
    })

    app.get('/l/:token', { schema: { hide: true } }, async (request, reply) => {
      const opened = await deps.links.open((request.params as { token: string }).token)
      if (!opened) throw new Refused('not_found')
      const { workspace, id, file } = opened
      await sendFile(deps, reply, workspace, id, file, request.headers.range, false, LINKED)
      return reply
    })
  }

/** The first file of an upload. What cannot be read as parts is the caller's affair; refusals with a status of their own keep it. */
async function fileIn(request: FastifyRequest): Promise<MultipartFile | undefined> {
  try {
    return await request.file()
  } catch (error) {
    if ((error as Partial<FastifyError>).statusCode !== undefined) throw error
    throw new Refused('unreadable', {
      detail:
        'the parts cannot be told apart: give "content-type: multipart/form-data" with the boundary that stands between them',
    })
  }
}

/** A link that was taken back must not live on in caches, and no search engine lists it. */
const LINKED = { 'cache-control': 'private, max-age=60', 'x-robots-tag': 'noindex' }

export const fileCalls = ({ database }: Pick<FileRoutesDeps, 'database'>) => [
  answer(revokeFileLinks, async ({ params }, caller) => {
    const found = await database.inWorkspace(caller.workspace, (tx) => takeLinksBack(tx, caller.workspace, params.id))
    if (!found) throw new Refused('not_found')
    return {}
  }),
]

/** For `/hooks`: a visitor's upload, and files of his own chat. */
export function visitorFiles(deps: Pick<FileRoutesDeps, 'database' | 'files'>) {
  return {
    upload: async (
      channel: LiveChannel,
      chat: string,
      body: NodeJS.ReadableStream,
      { bytes, name }: { bytes: number; name?: string },
    ) => {
      const source = body instanceof Readable ? body : Readable.from([])
      const by = { channel: channel.id, chat }
      return taking(source, (chunks) => takeFile(deps, channel.workspace, chunks, { bytes, name, by }))
    },
    claim: (channel: LiveChannel, own: { chat: string; files: string[] }): Promise<boolean> =>
      deps.database.inWorkspace(channel.workspace, (tx) => claimUploads(tx, channel.workspace, channel.id, own)),
    serve: async (channel: LiveChannel, chats: string[], id: string, reply: FastifyReply): Promise<boolean> => {
      if (!isId(id)) return false
      const file = await deps.database.inWorkspace(channel.workspace, async (tx) =>
        (await chatsHoldFile(tx, channel.workspace, channel.id, chats, id as FileId))
          ? findFile(tx, channel.workspace, id as FileId)
          : null,
      )
      if (!file) return false
      await sendFile(deps, reply, channel.workspace, id as FileId, file, undefined, false)
      return true
    },
  }
}

/** What breaks while it comes is the caller's affair; what breaks while it is kept is ours. */
async function* arriving(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* source.iterator({ destroyOnReturn: false })
  } catch (error) {
    throw new FileRefused('unreadable', 'the upload ended before its end', error)
  }
}

/**
 * What is left of a file that is not taken is read and dropped: a stream that is destroyed takes its connection with it, and a browser hears no
 * answer before it has sent all.
 */
async function taking<T>(source: Readable, take: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  const chunks = arriving(source)
  try {
    return await take(chunks)
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    throw new Refused(error.code === 'unreadable' ? 'unreadable' : 'too_large', { detail: error.message })
  } finally {
    // Whoever keeps it may have failed before he read, or in the middle: while somebody still reads, nothing flows.
    const left = chunks.return(undefined).catch(() => {})
    void left.then(() => source.resume())
  }
}

async function sendFile(
  deps: Pick<FileRoutesDeps, 'files'>,
  reply: FastifyReply,
  workspace: WorkspaceId,
  id: FileId,
  file: FileRow,
  rangeHeader: string | undefined,
  download: boolean,
  more: Record<string, string> = {},
): Promise<FastifyReply> {
  const range = rangeOf(rangeHeader, file.bytes)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${file.bytes}`).send()
  const opened = await deps.files.open(workspace, id, range ?? {})
  if (!opened) throw new Refused('not_found')
  const { headers } = serving({ type: file.type, name: file.name ?? 'file', download })
  void reply.headers({
    ...headers,
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=86400, immutable',
    ...more,
  })
  if (range)
    void reply.code(206).headers({
      'content-range': `bytes ${range.start}-${range.end - 1}/${file.bytes}`,
      'content-length': `${range.end - range.start}`,
    })
  else void reply.header('content-length', `${file.bytes}`)
  return reply.send(opened.stream)
}

async function sendThumbnail(
  deps: Pick<FileRoutesDeps, 'files'>,
  reply: FastifyReply,
  workspace: WorkspaceId,
  id: FileId,
): Promise<FastifyReply> {
  const opened = await deps.files.openThumbnail(workspace, id)
  if (!opened) throw new Refused('not_found')
  const { headers } = serving({ type: 'image/webp', name: 'thumbnail.webp' })
  return reply.headers({ ...headers, 'cache-control': 'private, max-age=86400, immutable' }).send(opened.stream)
}
