/** `/api/openapi.json`: printed from the same declarations that validate and serialise, so that it cannot disagree with them. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ChannelView, QuarantinedEvent } from '#contract/calls/channels.ts'
import { ActView, ContactView, IdentityView, LinkView } from '#contract/calls/contacts.ts'
import { ConversationRow, DeliveryView, MessageView, RoadOption } from '#contract/calls/conversations.ts'
import { FileView } from '#contract/calls/files.ts'
import { Me, MemberView, TokenView } from '#contract/calls/members.ts'
import { MessageHit } from '#contract/calls/search.ts'
import type { Endpoint } from '#contract/endpoint.ts'
import { FeedEvent, FeedFrame } from '#contract/feed/event.ts'
import { MOST_FILE_BYTES } from '#contract/limits.ts'
import { Choices, Content, Part } from '#contract/message/content.ts'
import { Problem } from '#contract/problem.ts'
import { RIGHTS } from '#contract/rights.ts'
import { LEAST_UPLOAD_A_MINUTE } from '#server/platform/arrival.ts'

/** What has a name of its own in the document; everything else stands where it is used. */
const NAMED = {
  Act: ActView,
  Channel: ChannelView,
  Choices,
  Contact: ContactView,
  Content,
  Conversation: ConversationRow,
  Delivery: DeliveryView,
  FeedEvent,
  FeedFrame,
  File: FileView,
  Identity: IdentityView,
  Link: LinkView,
  Me,
  Member: MemberView,
  Message: MessageView,
  MessageHit,
  Part,
  Problem,
  QuarantinedEvent,
  Road: RoadOption,
  Token: TokenView,
}
const schemaRegistry = z.registry<{ id: string }>()
for (const [id, schema] of Object.entries(NAMED)) schemaRegistry.add(schema, { id })

const NOTHING = z.strictObject({})
const PROBLEM = { description: 'Refused: an RFC 9457 problem with a stable `code`' }

const SHOWN_ONCE =
  ' The answer is shown only once: a repeat by `Idempotency-Key` is refused with `shown_once`, and makes nothing anew.'

/** The schema of a declared call, as Fastify and the document want it. */
export function schemaOf(call: Endpoint): FastifySchema {
  const { path, status = 200 } = call
  return {
    summary: call.about,
    description: `${whoMay(call.may)}${call.secret ? SHOWN_ONCE : ''}`,
    tags: [path.split('/')[2] ?? ''],
    ...(call.may === 'public' ? { security: [] } : {}),
    ...(call.params ? { params: call.params } : {}),
    // What is not declared is refused everywhere.
    querystring: call.query ?? NOTHING,
    ...(call.method === 'GET' ? {} : { body: call.body ?? NOTHING.nullish() }),
    response: {
      [status]: call.result,
      default: { ...PROBLEM, content: { 'application/problem+json': { schema: Problem } } },
    },
  } as FastifySchema
}

const whoMay = (rule: Endpoint['may']): string =>
  rule === 'public'
    ? 'Without signing in.'
    : rule === 'signed_in'
      ? 'Everybody who is signed in.'
      : `${rule}: ${RIGHTS[rule].join(', ')}.`

export const openapi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '1',
      description:
        'One window onto every messenger. Lists are `{ items, next }`: ask again with `cursor` = `next`. Every POST of a signed-in caller takes `Idempotency-Key`: a repeat gets the first answer again, but what is shown only once is kept nowhere (`shown_once`). Only `POST /api/files` takes none: a repeat keeps a second file, and what no message names goes after a day. What changed comes over `WS /api/feed`.',
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of POST /api/tokens' },
        session: { type: 'apiKey', in: 'cookie', name: 'parley', description: 'Signed in by POST /api/session' },
      },
    },
    security: [{ token: [] }, { session: [] }],
  },
  transform: ({ schema, ...given }) => {
    const written = createJsonSchemaTransform({ schemaRegistry })({
      ...given,
      schema: schema ?? { hide: true },
    } as never) as { schema: FastifySchema; url: string }
    // A repeated POST with the same key gets the first answer again, if that is no secret.
    if (given.route.method === 'POST' && !schema?.hide && !schema?.security)
      written.schema.headers = { type: 'object', properties: { 'idempotency-key': { type: 'string', maxLength: 200 } } }
    return written
  },
  transformObject: (given) => {
    const document = createJsonSchemaTransformObject({ schemaRegistry })(given) as Document
    const { schemas } = document.components
    const paths = { ...document.paths, ...STREAMED }
    return { ...document, paths, components: { ...document.components, schemas: used(schemas, paths) } } as never
  },
}

interface Document {
  paths: object
  components: { schemas: Record<string, object> }
}

/** Each named schema is printed as it is asked for and as it is answered; most are only ever one of both. */
function used(schemas: Record<string, object>, by: object): Record<string, object> {
  const names = new Set<string>()
  const look = (text: string) => {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (names.has(name)) continue
      names.add(name)
      look(JSON.stringify(schemas[name]))
    }
  }
  look(JSON.stringify(by))
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)))
}

const refused = { ...PROBLEM, content: { 'application/problem+json': { schema: ref('Problem') } } }
const byId = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const flag = (name: string, description: string) => ({ name, in: 'query', description, schema: { type: 'string' } })
const answers = (status: number, description: string, content?: object) => ({
  [status]: { description, ...(content ? { content } : {}) },
  default: refused,
})

/** What streams is no declared call, so it is described by hand. */
const STREAMED = {
  '/api/files': {
    post: {
      summary: `Takes one file, at most ${MOST_FILE_BYTES / 1024 / 1024} MB; a message names it by its id`,
      description: `${whoMay('file.upload')} It may take long: behind the second minute each brings ${LEAST_UPLOAD_A_MINUTE / 1024} KB at least.`,
      tags: ['files'],
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
          },
        },
      },
      responses: answers(201, 'Kept', { 'application/json': { schema: ref('File') } }),
    },
  },
  '/api/files/{id}': {
    get: {
      summary: 'The bytes of a file, or a part of them (Range)',
      description: whoMay('file.read'),
      tags: ['files'],
      parameters: [byId, flag('thumbnail', 'A small picture of it'), flag('download', 'Never shown in place')],
      responses: answers(200, 'The bytes', { '*/*': { schema: { type: 'string', format: 'binary' } } }),
    },
  },
  '/api/messages/{id}/picture': {
    get: {
      summary: 'A picture on another server that the letter shows, fetched by Parley and drawn anew',
      description: whoMay('conversation.read'),
      tags: ['messages'],
      parameters: [byId, { ...flag('url', 'As it stands in the letter'), required: true }],
      responses: answers(200, 'The picture', { 'image/*': { schema: { type: 'string', format: 'binary' } } }),
    },
  },
  '/api/feed': {
    get: {
      summary: 'A WebSocket with what changes, in order; resume with the newest cursor',
      description: whoMay('feed'),
      tags: ['feed'],
      parameters: [
        flag('cursor', 'Of the newest frame; absent: from now on'),
        flag('member', 'Whom it is for; where the session is another’s, it is closed with 4409'),
      ],
      responses: answers(
        101,
        'Frames of JSON. A browser’s script cannot read why an upgrade was refused, so whoever is not let in is upgraded too: ' +
          'the one frame `closing` says why, then the socket is closed. 4401: not, or no longer, signed in. 4403: signed in, but not for this. 4409: another member than the one named. ' +
          '1008: the client spoke, and this socket only listens. 1013: try again later',
        { 'application/json': { schema: ref('FeedFrame') } },
      ),
    },
  },
}

function ref(name: keyof typeof NAMED) {
  return { $ref: `#/components/schemas/${name}` }
}
