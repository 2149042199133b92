/**
 * Parameters as the Bot API takes them: query string, urlencoded form, JSON, or multipart; GET or POST. In forms nested values are
 * JSON in a string, and `attach://name` points at a file of the same request.
 */
import type { IncomingMessage } from 'node:http'
import { refuse } from './refusal.ts'

export interface Uploaded {
  name: string
  type: string
  bytes: Buffer
}

export interface RawParameters {
  values: Record<string, unknown>
  files: Map<string, Uploaded>
}

/** 50 MB of file and the form around it. */
const MOST_BYTES = 50_000_000 + 100_000

export async function readParameters(request: IncomingMessage, query: URLSearchParams): Promise<RawParameters> {
  const values: Record<string, unknown> = Object.fromEntries(query)
  const files = new Map<string, Uploaded>()
  if (request.method !== 'POST') return { values, files }
  const body = await bytesOf(request)
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('application/json')) Object.assign(values, jsonObject(body))
  else if (type.startsWith('application/x-www-form-urlencoded'))
    Object.assign(values, Object.fromEntries(new URLSearchParams(body.toString())))
  else if (type.startsWith('multipart/form-data')) await readForm(body, type, values, files)
  else if (body.length > 0) refuse(400, 'Unsupported content type')
  return { values, files }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let tooLarge = false
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // Read on to the end, so that the client hears the answer and not a broken pipe.
    if (size > MOST_BYTES) tooLarge = true
    else chunks.push(chunk)
  }
  if (tooLarge) refuse(413)
  return Buffer.concat(chunks)
}

function jsonObject(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Refused below, with the same words as a value that is no object.
  }
  return refuse(400, "Can't parse request: expected a JSON object")
}

async function readForm(body: Buffer, type: string, values: Record<string, unknown>, files: RawParameters['files']) {
  // A copy in memory of its own: a pooled buffer is not accepted as a body by the types.
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => refuse(400, "Can't parse multipart form"))
  for (const [name, value] of form) {
    if (typeof value === 'string') values[name] = value
    else files.set(name, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
  }
}

/** How a parameter is read. `chat`: a number, or `@name`. `file`: an id, an address, `attach://name`, or the upload itself. */
export type ParameterType = 'int' | 'float' | 'bool' | 'text' | 'chat' | 'json' | 'file'

/** Parameters of one call, each read as its method declares it. */
export interface Given {
  int(name: string): number | undefined
  float(name: string): number | undefined
  bool(name: string): boolean
  text(name: string): string | undefined
  chat(name?: string): number | string
  json<T>(name: string): T | undefined
  /** The reference as text; an upload in the field itself reads as `attach://` and its name. */
  file(name: string): string | undefined
  has(name: string): boolean
  readonly files: ReadonlyMap<string, Uploaded>
  /** All as they came, for the log. */
  readonly all: Record<string, unknown>
}

/**
 * @param takes  what the method knows. The real server overlooks other names; here they are refused, for they are a caller's mistake
 */
export function givenTo(takes: Readonly<Record<string, ParameterType>>, { values, files }: RawParameters): Given {
  // telegraf repeats the method's name among the parameters of its forms.
  for (const name of Object.keys(values))
    if (!takes[name] && name !== 'method') refuse(400, `The emulator knows no parameter "${name}" here`)
  const attached = new Set(
    JSON.stringify(values)
      .match(/attach:\/\/[^"\\]+/g)
      ?.map((each) => each.slice(9)),
  )
  for (const name of files.keys())
    if (takes[name] !== 'file' && !attached.has(name)) refuse(400, `The emulator sees no use for the file "${name}"`)

  const has = (name: string) => values[name] !== undefined && values[name] !== null && values[name] !== ''

  function numeric(name: string, isWhole: boolean): number | undefined {
    if (!has(name)) return undefined
    const value = Number(values[name])
    const isFine = isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)
    return isFine ? value : refuse(400, `Invalid parameter value: ${name} must be a number`)
  }

  return {
    all: values,
    files,
    has,
    int: (name) => numeric(name, true),
    float: (name) => numeric(name, false),
    bool: (name) => values[name] === true || ['true', 'yes', '1'].includes(asText(values[name] ?? '').toLowerCase()),
    text: (name) => (values[name] === undefined || values[name] === null ? undefined : asText(values[name])),
    chat: (name = 'chat_id') => {
      if (!has(name)) return refuse(400, `${name} is empty`)
      const text = asText(values[name])
      return /^-?\d+$/.test(text) ? Number(text) : text
    },
    json: <T>(name: string) => {
      if (!has(name)) return undefined
      const value = values[name]
      if (typeof value !== 'string') return value as T
      try {
        return JSON.parse(value) as T
      } catch {
        return refuse(400, `Can't parse ${name} JSON object`)
      }
    },
    file: (name) => (files.has(name) ? `attach://${name}` : has(name) ? asText(values[name]) : undefined),
  }
}

/** Numbers may come as text and texts as numbers; forms know no other way. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
