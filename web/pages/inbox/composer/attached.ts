/**
 * Files beside a text that is not sent yet, by conversation: like the text itself they are still there when one comes back. They are
 * uploaded while the member types, and go on while he looks elsewhere; what is taken off is uploaded no further. Those that are uploaded
 * are still there after a reload of this tab; the member is asked before a page that holds any is left, or signed out of.
 */
import { useSyncExternalStore } from 'react'
import type { FileView } from '#contract/calls/files.ts'
import type { ConversationId } from '#contract/ids.ts'
import { onForgotten, remember, remembered } from '../../../app/tab-memory.ts'
import { noteUnsent } from '../../../app/unsent.ts'
import { wordsIn } from '../../../app/words.ts'
import { thumbnailUrl } from '../parts/media-url.ts'
import { judgeFile, kindOfFile } from './limits.ts'
import { upload, type Upload } from './upload.ts'

export interface Attachment {
  readonly key: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  /** Of a picture, for the strip: an address, that holds its bytes until it is revoked where it is still uploaded from here. */
  readonly picture: string | null
  /** 0–1. */
  readonly progress: number
  readonly file: FileView | null
  /** When it was uploaded; null before, and where a message names it: such a file is not swept. */
  readonly at: number | null
  readonly error: unknown
}

/** In place of a failure: the server has swept it by now. */
export const TOO_OLD = 'too_old'

const NAME = 'attached'
/** What no message names is swept by the server after a day. */
const KEPT_MS = 20 * 3_600_000

interface Kept {
  readonly at: number | null
  readonly file: FileView
}

const NONE: readonly Attachment[] = []
let attached: ReadonlyMap<ConversationId, readonly Attachment[]> = new Map(
  Object.entries(remembered<Record<string, readonly Kept[]>>(NAME) ?? {}).map(([conversation, files]) => [
    conversation as ConversationId,
    files.map(({ file, at }) => aged(asAttached(file, at))),
  ]),
)
/** Those on their way. */
const uploads = new Map<string, Upload>()
const listeners = new Set<() => void>()

export const attachedTo = (conversation: ConversationId): readonly Attachment[] => attached.get(conversation) ?? NONE

/** Of the file that the server sweeps first; null where it sweeps none. */
export function firstUploadOf(list: readonly Attachment[]): number | null {
  const times = list.flatMap(({ at }) => at ?? [])
  return times.length > 0 ? Math.min(...times) : null
}

export const useAttachedTo = (conversation: ConversationId): readonly Attachment[] =>
  useSyncExternalStore(subscribe, () => attachedTo(conversation))

export function attach(conversation: ConversationId, files: Iterable<File>): void {
  for (const file of files) {
    const key = `${file.name} ${file.size} ${performance.now()} ${Math.random()}`
    const type = file.type || 'application/octet-stream'
    const picture = kindOfFile(type) === 'image' ? URL.createObjectURL(file) : null
    const one = {
      key,
      name: file.name,
      type,
      bytes: file.size,
      picture,
      progress: 0,
      file: null,
      at: null,
      error: null,
    }
    set(conversation, [...attachedTo(conversation), one])
    // What no server takes is not even begun.
    if (judgeFile(type, file.size, null).code !== 'fits') continue
    // By then its conversation may be joined to another.
    const change = (to: Partial<Attachment>) =>
      setAll(
        new Map(
          [...attached].map(([id, list]) => [id, list.map((each) => (each.key === key ? { ...each, ...to } : each))]),
        ),
      )
    const going = upload(file, (progress) => change({ progress }))
    uploads.set(key, going)
    going.done
      .then(
        (done) => change({ file: done, progress: 1, at: Date.now() }),
        (error: unknown) => change({ error }),
      )
      .finally(() => uploads.delete(key))
  }
}

/** Files that the server has already: of a message that comes back. @param at  see `Attachment` */
export function attachUploaded(conversation: ConversationId, files: readonly FileView[], at: number | null): void {
  const known = new Set(attachedTo(conversation).map(({ key }) => key))
  const others = files.filter(({ id }) => !known.has(id))
  set(conversation, [...attachedTo(conversation), ...others.map((file) => aged(asAttached(file, at)))])
}

/** Uploads that are on their way go on there. */
export function moveAttached(from: ConversationId, into: ConversationId): void {
  const list = attachedTo(from)
  if (list.length === 0) return
  set(from, NONE)
  set(into, [...attachedTo(into), ...list])
}

/** Before they are sent: a tab may stand open for days. @returns whether one is gone from the server by now, and so marked */
export function hasTooOld(conversation: ConversationId): boolean {
  const list = attachedTo(conversation).map(aged)
  const isSome = list.some(({ error }) => error === TOO_OLD)
  if (isSome) set(conversation, list)
  return isSome
}

function aged(each: Attachment): Attachment {
  return each.at !== null && Date.now() - each.at > KEPT_MS ? { ...each, error: TOO_OLD } : each
}

function asAttached(file: FileView, at: number | null): Attachment {
  const { id, name, type, bytes } = file
  const picture = kindOfFile(type) === 'image' ? thumbnailUrl(id) : null
  return { key: id, name: name ?? '', type, bytes, picture, progress: 1, file, at, error: null }
}

/** Taken off, or sent. */
export function detach(conversation: ConversationId, keys: readonly string[]): void {
  const isGone = ({ key }: Attachment) => keys.includes(key)
  attachedTo(conversation).filter(isGone).forEach(letGo)
  set(
    conversation,
    attachedTo(conversation).filter((each) => !isGone(each)),
  )
}

function letGo({ key, picture }: Attachment): void {
  uploads.get(key)?.cancel()
  if (picture?.startsWith('blob:')) URL.revokeObjectURL(picture)
}

function set(conversation: ConversationId, list: readonly Attachment[]): void {
  const next = new Map(attached)
  if (list.length > 0) next.set(conversation, list)
  else next.delete(conversation)
  setAll(next)
}

function setAll(next: ReadonlyMap<ConversationId, readonly Attachment[]>): void {
  attached = next
  keep()
  guard()
  for (const listener of listeners) listener()
}

let kept = ''

function keep(): void {
  const uploaded = [...attached].flatMap(([conversation, list]) => {
    const files = list.flatMap(({ file, name, at }) =>
      file ? [{ at, file: { ...file, name: file.name ?? name } }] : [],
    )
    return files.length > 0 ? [[conversation, files] as const] : []
  })
  const now = JSON.stringify(uploaded)
  // How far an upload came is no change.
  if (now === kept) return
  kept = now
  remember(NAME, Object.fromEntries<readonly Kept[]>(uploaded))
}

/** Closed, the tab remembers nothing, and the text that waits would go without its files; an upload dies with the page. */
function guard(): void {
  noteUnsent(NAME, attached.size > 0 ? loss : null)
}

function loss(): string {
  const t = wordsIn('inbox')
  return t('leave.files')
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

guard()
onForgotten(() => {
  for (const list of attached.values()) list.forEach(letGo)
  setAll(new Map())
})
