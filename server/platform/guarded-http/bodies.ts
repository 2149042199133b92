import { randomUUID } from 'node:crypto'

/** What a request carries. */
export type HttpBody =
  | { readonly json: unknown }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly text: string; readonly type: string }
  | { readonly bytes: Uint8Array; readonly type: string }
  | { readonly multipart: readonly MultipartPart[] }
  | (FileSource & { readonly type: string })

export type MultipartPart =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly file: FileSource & { readonly type: string; readonly name?: string } }

/** Bytes that are read only when they are sent, and again when a redirect asks for them again. */
export interface FileSource {
  open(): AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>
  /** Known: the request says how long it is, which many platforms insist on. Not known: it goes out in chunks. */
  readonly size?: number | undefined
}

/** A body as it goes onto the wire. */
export interface Encoded {
  readonly headers: Record<string, string>
  readonly body: Buffer | (() => AsyncIterable<Uint8Array>)
}

export function encode(body: HttpBody): Encoded {
  if ('json' in body) return whole(JSON.stringify(body.json), 'application/json')
  if ('form' in body) return whole(new URLSearchParams(body.form).toString(), 'application/x-www-form-urlencoded')
  if ('text' in body) return whole(body.text, body.type)
  if ('bytes' in body) return whole(body.bytes, body.type)
  if ('multipart' in body) return multipart(body.multipart)
  return { headers: { 'content-type': body.type, ...length(body.size) }, body: () => read(body) }
}

function whole(content: string | Uint8Array, type: string): Encoded {
  const body =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return { headers: { 'content-type': type }, body }
}

const length = (size: number | undefined): Record<string, string> =>
  size === undefined ? {} : { 'content-length': `${size}` }

/** RFC 7578, with names escaped as browsers do it. */
function multipart(parts: readonly MultipartPart[]): Encoded {
  const boundary = `----parley${randomUUID().replaceAll('-', '')}`
  const pieces = parts.map((part) => ({ head: Buffer.from(headOf(part, boundary)), part }))
  const end = Buffer.from(`--${boundary}--\r\n`)
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  if (pieces.every(({ part }) => 'value' in part)) {
    const values = pieces.flatMap(({ head, part }) => [head, Buffer.from('value' in part ? part.value : ''), CRLF])
    return { headers, body: Buffer.concat([...values, end]) }
  }
  const sizes = pieces.map(({ head, part }) => {
    const inner = 'value' in part ? Buffer.byteLength(part.value) : part.file.size
    return inner === undefined ? Number.NaN : head.length + inner + CRLF.length
  })
  const total = sizes.reduce((sum, size) => sum + size, end.length)
  return {
    headers: { ...headers, ...length(Number.isNaN(total) ? undefined : total) },
    body: async function* () {
      for (const { head, part } of pieces) {
        yield head
        if ('value' in part) yield Buffer.from(part.value)
        else yield* read(part.file)
        yield CRLF
      }
      yield end
    },
  }
}

const CRLF = Buffer.from('\r\n')

function headOf(part: MultipartPart, boundary: string): string {
  const name = `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(part.name)}"`
  if ('value' in part) return `${name}\r\n\r\n`
  return `${name}; filename="${escaped(part.file.name ?? 'file')}"\r\ncontent-type: ${part.file.type.replaceAll(/[\r\n]/g, '')}\r\n\r\n`
}

const escaped = (name: string) => name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')

async function* read(source: FileSource): AsyncIterable<Uint8Array> {
  yield* await source.open()
}
