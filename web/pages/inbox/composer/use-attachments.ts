/** Files beside the text: judged by the road's abilities before they are uploaded, uploaded while the member types. */
import { useCallback, useRef, useState } from 'react'
import type { FileView } from '#contract/calls/files.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { Part } from '#contract/message/content.ts'
import { judgeFile, kindOfFile, type FileVerdict } from './limits.ts'
import { upload, type Upload } from './upload.ts'

export interface Attachment {
  readonly key: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  /** Of a picture, for the strip. */
  readonly picture: string | null
  /** 0–1. */
  readonly progress: number
  readonly file: FileView | null
  readonly error: unknown
}

export interface Attachments {
  readonly list: readonly Attachment[]
  add(files: Iterable<File>): void
  remove(key: string): void
  clear(): void
  readonly isUploading: boolean
  readonly hasFailed: boolean
}

export function useAttachments(): Attachments {
  const [list, setList] = useState<readonly Attachment[]>([])
  const uploads = useRef(new Map<string, Upload>())
  const change = useCallback(
    (key: string, to: Partial<Attachment>) =>
      setList((before) => before.map((each) => (each.key === key ? { ...each, ...to } : each))),
    [],
  )

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const key = `${file.name} ${file.size} ${performance.now()} ${Math.random()}`
        const type = file.type || 'application/octet-stream'
        const picture = kindOfFile(type) === 'image' ? URL.createObjectURL(file) : null
        setList((before) => [
          ...before,
          { key, name: file.name, type, bytes: file.size, picture, progress: 0, file: null, error: null },
        ])
        // What no server takes is not even begun.
        if (judgeFile(type, file.size, null).code !== 'fits') continue
        const going = upload(file, (progress) => change(key, { progress }))
        uploads.current.set(key, going)
        going.done.then(
          (done) => change(key, { file: done, progress: 1 }),
          (error: unknown) => change(key, { error }),
        )
      }
    },
    [change],
  )

  const remove = useCallback((key: string) => {
    uploads.current.get(key)?.cancel()
    uploads.current.delete(key)
    setList((before) => {
      const gone = before.find((each) => each.key === key)
      if (gone?.picture) URL.revokeObjectURL(gone.picture)
      return before.filter((each) => each.key !== key)
    })
  }, [])

  const clear = useCallback(() => {
    uploads.current.clear()
    setList((before) => {
      for (const each of before) if (each.picture) URL.revokeObjectURL(each.picture)
      return []
    })
  }, [])

  return {
    list,
    add,
    remove,
    clear,
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
