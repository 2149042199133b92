/** Sends one file up, with its progress; `fetch` cannot tell that. */
import type { FileView } from '#contract/calls/files.ts'

export interface Uploading {
  readonly done: Promise<FileView>
  cancel(): void
}

export class UploadFailed extends Error {
  readonly status: number
  constructor(status: number) {
    super(`upload: ${status}`)
    this.status = status
  }
}

export function upload(
  hook: string,
  token: () => string | null,
  file: File,
  progress: (share: number) => void,
): Uploading {
  const request = new XMLHttpRequest()
  const done = new Promise<FileView>((resolve, reject) => {
    request.open('POST', `${hook}/files`)
    request.setRequestHeader('authorization', `Bearer ${token()}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.setRequestHeader('x-file-name', encodeURIComponent(file.name))
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0)
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText) as FileView)
      else reject(new UploadFailed(request.status))
    }
    request.onerror = () => reject(new UploadFailed(0))
    request.onabort = () => reject(new UploadFailed(-1))
    request.send(file)
  })
  // Whoever cancels does not wait for it.
  done.catch(() => {})
  return { done, cancel: () => request.abort() }
}
