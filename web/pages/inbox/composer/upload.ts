/** One file on its way to our server. XMLHttpRequest, for `fetch` does not tell how far an upload came. */
import type { FileView } from '#contract/calls/files.ts'
import type { Problem } from '#contract/problem.ts'
import { CallFailed } from '../../../app/call.ts'
import { memberHeader, noteRefusal } from '../../../app/drawn-for.ts'

export interface Upload {
  readonly done: Promise<FileView>
  cancel(): void
}

export function upload(file: File, progress: (part: number) => void): Upload {
  const request = new XMLHttpRequest()
  const done = new Promise<FileView>((resolve, reject) => {
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    })
    request.addEventListener('load', () => {
      const answer = readJson(request.responseText)
      if (request.status === 201) return resolve(answer as FileView)
      const problem = answer as Problem | null
      const code = problem?.code ?? 'broken'
      noteRefusal(code)
      reject(new CallFailed(code, problem))
    })
    request.addEventListener('error', () => reject(new CallFailed('offline', null)))
    request.addEventListener('abort', () => reject(new DOMException('the upload was cancelled', 'AbortError')))
    request.open('POST', '/api/files')
    const headers = { accept: 'application/json', ...memberHeader() }
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
  done.catch(() => {})
  return { done, cancel: () => request.abort() }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy in between answered with a page of its own.
    return null
  }
}
