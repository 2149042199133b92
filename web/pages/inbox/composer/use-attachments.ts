/** Files beside the text: judged by the road's abilities before they are uploaded, uploaded while the member types. */
import type { FileView } from '#contract/calls/files.ts'
import type { ConversationId } from '#contract/ids.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { Part } from '#contract/message/content.ts'
import { attach, attachUploaded, detach, hasTooOld, useAttachedTo, type Attachment } from './attached.ts'
import { judgeFile, type FileVerdict } from './limits.ts'

export interface Attachments {
  readonly list: readonly Attachment[]
  add(files: Iterable<File>): void
  /** What the server has already. */
  addUploaded(files: readonly FileView[], at: number | null): void
  remove(key: string): void
  clear(): void
  /** Asked before they are sent; those that are too old are marked by it. */
  hasTooOld(): boolean
  readonly isUploading: boolean
  readonly hasFailed: boolean
}

export function useAttachments(conversation: ConversationId): Attachments {
  const list = useAttachedTo(conversation)
  return {
    list,
    add: (files) => attach(conversation, files),
    addUploaded: (files, at) => attachUploaded(conversation, files, at),
    hasTooOld: () => hasTooOld(conversation),
    remove: (key) => detach(conversation, [key]),
    clear: () =>
      detach(
        conversation,
        list.map(({ key }) => key),
      ),
    isUploading: list.some((each) => each.file === null && each.error === null),
    hasFailed: list.some((each) => each.error !== null),
  }
}

/** What the road says to a file; a note takes whatever the server takes. */
export const verdictOf = (attachment: Attachment, abilities: Abilities | null): FileVerdict =>
  judgeFile(attachment.type, attachment.bytes, abilities)

/** As a part of the message, once it is uploaded. */
export function partOf({ file, name, type, bytes }: Attachment, verdict: FileVerdict): Part | null {
  if (file === null) return null
  const { width, height, seconds } = file
  const media = {
    source: { file: file.id },
    type: file.type || type,
    name: file.name ?? name,
    bytes: file.bytes || bytes,
    ...(width ? { width } : {}),
    ...(height ? { height } : {}),
    ...(seconds ? { seconds } : {}),
  }
  const kind = verdict.code === 'as_file' ? 'file' : verdict.kind
  return kind === 'video' ? { kind, look: 'plain', ...media } : ({ kind, ...media } as Part)
}
