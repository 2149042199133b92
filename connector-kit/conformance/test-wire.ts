/** Performs requests over the real wire for the conformance suite: what the server's guarded client does, without its guards. */
import { randomUUID } from 'node:crypto'
import type { Body, FileRef, Reply, Request } from '../connector.ts'
import { parseJson } from '../parse-json.ts'
import { WireBroken, type Wire } from '../perform.ts'
import type { FileId } from '#contract/ids.ts'

export interface TestFile {
  bytes: Buffer
  type: string
  name?: string
}

export interface TestFiles {
  add(file: TestFile): FileRef
  get(ref: FileRef): TestFile
}

export function testFiles(): TestFiles {
  const files = new Map<string, TestFile>()
  return {
    add: (file) => {
      const id = randomUUID() as FileId
      files.set(id, file)
      return { file: id }
    },
    get: (ref) => {
      const file = 'file' in ref ? files.get(ref.file) : undefined
      if (!file) throw new Error('there is no such file')
      return file
    },
  }
}

export interface TestWireDeps {
  files: TestFiles
  kept: Map<string, string>
  /** Ends what is under way. */
  signal: AbortSignal
  line(frame: unknown): Promise<Reply>
  stream(entry: { chat: string; key: string; frame: unknown }): void
}

export const DONE: Reply = { status: 200, headers: {}, body: null, text: '' }

export const testWire =
  ({ files, kept, signal, line, stream }: TestWireDeps): Wire =>
  async (request) => {
    switch (request.via) {
      case 'http':
        return overHttp(request, files, signal)
      case 'line':
        return line(request.frame)
      case 'socket':
        stream(request)
        return DONE
      case 'keep':
        kept.set(request.name, request.value)
        return DONE
    }
  }

async function overHttp(
  request: Extract<Request, { via: 'http' }>,
  files: TestFiles,
  signal: AbortSignal,
): Promise<Reply> {
  const { body, type } = encoded(request.body, files)
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers, ...(type ? { 'content-type': type } : {}) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs ?? 15_000)]),
    })
    const text = await response.text()
    return { status: response.status, headers: Object.fromEntries(response.headers), body: jsonOf(text), text }
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause
    throw new WireBroken((error as Error).message, cause?.code !== 'ECONNREFUSED')
  }
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function encoded(body: Body | undefined, files: TestFiles): { body?: NonNullable<RequestInit['body']>; type?: string } {
  if (!body) return {}
  if ('json' in body) return { body: JSON.stringify(body.json), type: 'application/json' }
  if ('form' in body) return { body: new URLSearchParams(body.form) }
  if ('text' in body) return { body: body.text, type: body.type }
  if ('file' in body) return { body: new Uint8Array(files.get(body.file).bytes), type: body.type }
  const form = new FormData()
  for (const { name, value = '', file: ref, fileName, type } of body.multipart) {
    if (!ref) {
      form.append(name, value)
      continue
    }
    const file = files.get(ref)
    const blob = new Blob([new Uint8Array(file.bytes)], { type: type ?? file.type })
    form.append(name, blob, fileName ?? file.name ?? 'file')
  }
  return { body: form }
}
