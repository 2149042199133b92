/**
 * Files beside a text that is not sent yet, by conversation: like the text itself they are still there when one comes back, as long as
 * this page lives. They are uploaded while the member types, and go on while he looks elsewhere; what is taken off is uploaded no further.
 */
import { useSyncExternalStore } from 'react'
import type { FileView } from '#contract/calls/files.ts'
import type { ConversationId } from '#contract/ids.ts'
import { judgeFile, kindOfFile } from './limits.ts'
import { upload, type Upload } from './upload.ts'

export interface Attachment {
  readonly key: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  /** Of a picture, for the strip: an address that holds its bytes until it is revoked. */
  readonly picture: string | null
  /** 0–1. */
  readonly progress: number
  readonly file: FileView | null
  readonly error: unknown
}

const NONE: readonly Attachment[] = []
let attached: ReadonlyMap<ConversationId, readonly Attachment[]> = new Map()
/** Those on their way. */
const uploads = new Map<string, Upload>()
const listeners = new Set<() => void>()

export const attachedTo = (conversation: ConversationId): readonly Attachment[] => attached.get(conversation) ?? NONE

export const useAttachedTo = (conversation: ConversationId): readonly Attachment[] =>
  useSyncExternalStore(subscribe, () => attachedTo(conversation))

export function attach(conversation: ConversationId, files: Iterable<File>): void {
  for (const file of files) {
    const key = `${file.name} ${file.size} ${performance.now()} ${Math.random()}`
    const type = file.type || 'application/octet-stream'
    const picture = kindOfFile(type) === 'image' ? URL.createObjectURL(file) : null
    const one = { key, name: file.name, type, bytes: file.size, picture, progress: 0, file: null, error: null }
    set(conversation, [...attachedTo(conversation), one])
    // What no server takes is not even begun.
    if (judgeFile(type, file.size, null).code !== 'fits') continue
    const change = (to: Partial<Attachment>) =>
      set(
        conversation,
        attachedTo(conversation).map((each) => (each.key === key ? { ...each, ...to } : each)),
      )
    const going = upload(file, (progress) => change({ progress }))
    uploads.set(key, going)
    going.done
      .then(
        (done) => change({ file: done, progress: 1 }),
        (error: unknown) => change({ error }),
      )
      .finally(() => uploads.delete(key))
  }
}

/** Taken off, or sent. */
export function detach(conversation: ConversationId, keys: readonly string[]): void {
  const isGone = ({ key }: Attachment) => keys.includes(key)
  for (const { key, picture } of attachedTo(conversation).filter(isGone)) {
    uploads.get(key)?.cancel()
    if (picture) URL.revokeObjectURL(picture)
  }
  set(
    conversation,
    attachedTo(conversation).filter((each) => !isGone(each)),
  )
}

function set(conversation: ConversationId, list: readonly Attachment[]): void {
  const next = new Map(attached)
  if (list.length > 0) next.set(conversation, list)
  else next.delete(conversation)
  attached = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
