/** Requests made from the published API description alone, with ids of a furnished workspace where ids are wanted. */
import { randomUUID } from 'node:crypto'
import { TOTP } from 'otpauth'
import type { Furnished } from './furnished.ts'
import { OWNER } from './whole-parley.ts'

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  minItems?: number
  minimum?: number
  minLength?: number
  pattern?: string
  default?: unknown
}
export interface Operation {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  security?: unknown[]
}
export interface Description {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}
export interface Example {
  params: Record<string, unknown>
  query: Record<string, unknown>
  body: unknown
}

/** Every operation, as `GET /api/contacts/{id}`. */
export const operationsOf = (description: Description): [route: string, operation: Operation][] =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )

export const bodyOf = (operation: Operation): Schema | undefined =>
  operation.requestBody?.content['application/json']?.schema

/** @param optional  with what may be left out, too */
export function exampleOf(
  description: Description,
  route: string,
  operation: Operation,
  world: Furnished,
  optional: boolean,
): Example {
  const named = (place: 'path' | 'query') =>
    Object.fromEntries(
      (operation.parameters ?? [])
        .filter((each) => each.in === place && each.name !== 'id')
        .filter((each) => each.required || (optional && !PAGING.has(each.name)))
        .map((each) => [each.name, valueOf(description, each.schema, each.name, world, optional)]),
    )
  const body = bodyOf(operation)
  const special = SPECIAL[route]?.(world) ?? {}
  return {
    params: { ...named('path'), ...idIn(route, world), ...special.params },
    query: { ...named('query'), ...special.query },
    body: special.body ?? (body && valueOf(description, body, '', world, optional)),
  }
}

/** Cursors come from answers only. */
const PAGING = new Set(['cursor', 'after'])

/** What `{id}` names, by the first word of the path. */
function idIn(route: string, world: Furnished): Record<string, unknown> {
  const subject = /\/api\/(\w+)\/\{id\}/.exec(route)?.[1]
  const ids: Record<string, string> = {
    acts: world.act,
    channels: world.channel,
    contacts: world.contact,
    conversations: world.conversation,
    deliveries: world.failed,
    files: world.file,
    members: world.member,
    messages: world.ours,
    sessions: world.session,
    tokens: world.token,
  }
  return subject === undefined ? {} : { id: ids[subject] ?? missing(route) }
}

function missing(route: string): never {
  throw new Error(`the furnished workspace has nothing for ${route}`)
}

/** Values that a description cannot say. */
const SPECIAL: Record<string, (world: Furnished) => Partial<Example>> = {
  'POST /api/session': (world) => ({ body: { email: world.memberEmail, password: OWNER.password } }),
  // A new password ends the other sessions: not here.
  'PATCH /api/me': () => ({ body: { name: 'Olga', language: 'en', preferences: { theme: 'dark' } } }),
  'PUT /api/me/totp': () => {
    const { secret } = new TOTP()
    return { body: { secret: secret.base32, code: new TOTP({ secret }).generate() } }
  },
  'POST /api/me/recovery-codes': () => ({ body: { password: OWNER.password } }),
  'DELETE /api/me/totp': () => ({ body: { password: OWNER.password } }),
  'POST /api/channels': (world) => ({ body: { connector: 'telegram', name: 'Another', settings: world.settings } }),
  'PATCH /api/channels/{id}': () => ({ body: { name: 'Renamed' } }),
  'POST /api/contacts': () => ({ body: { name: 'Zoe' } }),
  'PATCH /api/members/{id}': () => ({ body: { name: 'Renamed', role: 'viewer' } }),
  'POST /api/conversations/{id}/messages': (world) => ({
    body: { text: 'Hello', via: world.identity, replyTo: world.message, clientId: randomUUID() },
  }),
  'POST /api/conversations/{id}/preview': () => ({ body: { text: 'Hello' } }),
  'PATCH /api/conversations/{id}': (world) => ({
    body: {
      status: 'pending',
      assignee: world.member,
      priority: 1,
      via: { identity: world.identity, channel: world.channel },
    },
  }),
  'PUT /api/messages/{id}/reactions': (world) => ({ params: { id: world.message }, body: { emoji: ['👍'] } }),
  'POST /api/messages/{id}/files/{part}/fetch': (world) => ({ params: { id: world.unfetched, part: 0 } }),
  'POST /api/hold': () => ({ body: { decision: 'send' } }),
  'POST /api/deliveries/{id}/settle': (world) => ({ params: { id: world.failedToo } }),
  'POST /api/deliveries/{id}/cancel': (world) => ({ params: { id: world.queued } }),
  'POST /api/channels/{id}/replay': () => ({ body: {} }),
  'POST /api/deliveries/{id}/resend': () => ({ body: {} }),
  'DELETE /api/contacts/{id}/links/{linkId}': (world) => ({ params: { linkId: world.link } }),
}

/** Ids by the name of what holds them. */
const IDS: Record<string, (world: Furnished) => string> = {
  acts: (world) => world.otherAct,
  around: (world) => world.ours,
  assignee: (world) => world.member,
  channel: (world) => world.channel,
  clientId: () => randomUUID(),
  contact: (world) => world.otherContact,
  conversations: (world) => world.conversation,
  deliveries: (world) => world.queued,
  identity: (world) => world.identity,
  identityId: (world) => world.identity,
  linkId: (world) => world.link,
  replyTo: (world) => world.message,
  via: (world) => world.identity,
  with: (world) => world.otherContact,
}

let count = 0

export function valueOf(
  description: Description,
  schema: Schema,
  name: string,
  world: Furnished,
  optional: boolean,
): unknown {
  const inner = (each: Schema, as = name) => valueOf(description, each, as, world, optional)
  if (schema.$ref) return inner(description.components.schemas[schema.$ref.split('/').at(-1)!]!)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return inner(choices[0]!)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => inner(each)))
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type ?? 'string') {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => optional || schema.required?.includes(key))
          .map(([key, each]) => [key, inner(each, key)]),
      )
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () => inner(schema.items!))
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return textOf(schema, name, world)
  }
}

/** Texts of a shape, by the name of what holds them. */
const SHAPED: Record<string, string> = { language: 'pt-BR' }

function textOf(
  { format, pattern, minLength = 1, default: otherwise }: Schema,
  name: string,
  world: Furnished,
): string {
  if (format === 'uuid') return IDS[name]?.(world) ?? missing(name)
  if (format === 'email') return `person${++count}@example.org`
  if (format === 'date-time') return new Date(Date.now() + 3_600_000).toISOString()
  if (typeof otherwise === 'string') return otherwise
  if (pattern) return SHAPED[name] ?? missing(name)
  return `${name || 'text'} of an example`.padEnd(minLength, '.')
}
