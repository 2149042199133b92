/**
 * Mounts everything that is spoken over HTTP: the declared calls, the features' own routes, the window's files.
 *
 * request → headers → who calls? (cookie or Bearer) → may they? → schema → handler → result by its schema
 * A call without a rule does not compile; a raw route names its rule too.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { NIL_ID, type MemberId, type WorkspaceId } from '#contract/ids.ts'
import { MEMBER_HEADER } from '#contract/member-header.ts'
import { may, type Act } from '#contract/rights.ts'
import type { Callers } from '#server/members/callers.ts'
import { TOKEN_PREFIX } from '#server/members/secret.ts'
import { LONGEST_ARRIVAL_MS, watchArrival } from '#server/platform/arrival.ts'
import { buckets } from '#server/platform/buckets.ts'
import type { Answer, Caller } from '#server/platform/calls.ts'
import { mayHaveHappened, type Database } from '#server/platform/database.ts'
import type { Log } from '#server/platform/log.ts'
import { isAddress, isLoopback, isPublicUrl } from '#server/platform/loopback.ts'
import type { Metrics } from '#server/platform/metrics.ts'
import { isModest } from '#server/platform/modest.ts'
import { namedLocks } from '#server/platform/named-locks.ts'
import { problemOf, Refused } from '#server/platform/problem.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'
import { addressOf, type Settings } from '#server/platform/settings.ts'
import { StartFailure } from '#server/platform/start-failure.ts'
import { storable } from '#server/platform/storable.ts'
import { docs } from './docs.ts'
import { headersFor } from './headers.ts'
import { once } from './idempotency.ts'
import { openapi, schemaOf } from './openapi.ts'
import { problemFor, problemHandler, sendProblem } from './problems.ts'

export interface HttpDeps {
  settings: Settings
  database: Database
  secrets: Secrets
  callers: Callers
  calls: readonly Answer[]
  /** Encapsulated routes of features: hooks, files, the feed's socket. */
  routes(who: Who): ((app: FastifyInstance) => Promise<void>)[]
  ready(): Promise<boolean>
  /** Names of what somebody must look at. */
  alarms(): Promise<readonly string[]>
  metrics: Metrics
  log: Log
}

/** How raw routes learn who calls. */
export interface Who {
  /** @throws Refused `signed_out` · `another_member` · `wrong_origin` · `forbidden` · `second_factor_wanted` · `too_many` */
  callerOf(request: FastifyRequest, act: Act | 'signed_in'): Promise<Caller>
}

export interface Http {
  readonly url: string
  setCookie(caller: Caller, secret: string | null): void
  close(): Promise<void>
}

/** How long what is being answered may go on when we end. */
const LAST_ANSWERS_MS = 5_000
/** Of a balancer's question. */
const READY_MS = 3_000
const COOKIE_DAYS = 30
/** Of one session or token: far more than a window or a sensible program asks, and little enough that one that runs wild harms nobody. */
const PER_CALLER = { burst: 1_000, perSecond: 100 }
/** What proxies write of whom they speak for. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']
/** Enough to turn on a second factor, and to leave. */
const OWN_ACCOUNT = new Set([
  '/api/me',
  '/api/me/totp',
  '/api/me/recovery-codes',
  '/api/session',
  '/api/sessions',
  '/api/sessions/:id',
])
const WINDOW = new URL('../../dist/web/', import.meta.url)
const WIDGET = new URL('../../dist/widget/', import.meta.url)

export async function startHttp(deps: HttpDeps): Promise<Http> {
  const { settings, log } = deps
  const locks = namedLocks(deps.database)
  const isSecure = settings.url?.startsWith('https://') ?? false
  const isPublic = isPublicUrl(settings.url)
  const cookieName = isSecure ? '__Host-parley' : 'parley'
  const headersOf = (request: FastifyRequest) => ({
    ...headersFor(request.url, isSecure),
    'x-request-id': request.id,
  })
  /** Cookies wanted by handlers, until their answer is sent. */
  const cookies = new Map<string, string | null>()

  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: 1024 * 1024,
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    requestTimeout: LONGEST_ARRIVAL_MS,
    routerOptions: { maxParamLength: 200 },
    // An address that no route can be found for: no hook ever sees it.
    frameworkErrors: (error, request, reply) => {
      watchArrival(request.raw)
      void reply.headers(headersOf(request))
      sendProblem(reply, problemFor(error, request))
    },
  })
  app.removeContentTypeParser(['text/plain', 'application/json'])
  // A bomb would exhaust the stack of whatever walks it, here before anybody is asked who he is.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isModest(body)) void parseJson(request, body.toString(), done)
    else done(new Refused('unreadable', { detail: 'too deep, or too many keys' }))
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(problemHandler(log))
  await app.register(cookie)
  await app.register(websocket, { options: { maxPayload: 1024 * 1024, perMessageDeflate: false } })
  await app.register(swagger, openapi)
  app.addHook('onRequest', async (request, reply) => {
    watchArrival(request.raw)
    // What a listed proxy hands on may be any text at all, which is no address of anybody: then the proxy's own counts.
    if (!isAddress(request.ip)) delete request.headers['x-forwarded-for']
    reply.headers(headersOf(request))
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const secret = cookies.get(request.id)
    if (secret !== undefined) {
      cookies.delete(request.id)
      const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure } as const
      if (secret === null) void reply.clearCookie(cookieName, options)
      else void reply.setCookie(cookieName, secret, { ...options, maxAge: COOKIE_DAYS * 86_400 })
    }
    return payload
  })

  // ---------------------------------------------------------------- who calls

  const nobody = (request: FastifyRequest): Caller => ({
    workspace: NIL_ID as WorkspaceId,
    member: NIL_ID as MemberId,
    account: null,
    role: 'viewer',
    session: null,
    hasSecondFactor: false,
    token: null,
    address: request.ip,
    agent: request.headers['user-agent'] ?? '',
    request: request.id,
  })

  async function identify(request: FastifyRequest): Promise<Caller | null> {
    const [scheme, token] = request.headers.authorization?.split(' ') ?? []
    if (scheme?.toLowerCase() === 'bearer' && token?.startsWith(TOKEN_PREFIX)) {
      const found = await deps.callers.byToken(token)
      return found && { ...nobody(request), ...found }
    }
    const secret = request.cookies[cookieName]
    const found = secret ? await deps.callers.bySession(secret, request.headers[MEMBER_HEADER]) : null
    if (!found) return null
    // A cookie comes along by itself: a write, and a socket, must come from our own page.
    if ((request.method !== 'GET' && request.method !== 'HEAD') || request.headers.upgrade) mustBeOurs(request)
    return { ...nobody(request), ...found }
  }

  function mustBeOurs(request: FastifyRequest): void {
    const { origin } = request.headers
    const ours = settings.url ? [settings.url] : []
    // A sandboxed page says `null`.
    if (!origin || (!ours.includes(origin) && URL.parse(origin)?.host !== request.headers.host))
      throw new Refused('wrong_origin')
  }

  const asked = buckets(PER_CALLER)
  const callerOf: Who['callerOf'] = async (request, act) => {
    const caller = await identify(request)
    if (!caller) throw new Refused('signed_out')
    const seconds = asked.take(caller.session ?? caller.token ?? '')
    if (seconds > 0) throw new Refused('too_many', { values: { seconds } })
    if (act !== 'signed_in' && !may(caller.role, act)) throw new Refused('forbidden')
    if (isPublic && lacksSecondFactor(caller) && !OWN_ACCOUNT.has(request.routeOptions.url ?? ''))
      throw new Refused('second_factor_wanted')
    return caller
  }

  // ---------------------------------------------------------------- calls

  for (const { call, handle } of deps.calls) {
    const { method, path, status = 200, secret = false } = call
    app.route({
      method,
      url: path,
      schema: schemaOf(call),
      // Before the schema: whoever may not call learns nothing of its shape.
      preValidation: async (request) => {
        const caller = call.may === 'public' ? nobody(request) : await callerOf(request, call.may)
        if (call.may === 'public' && method !== 'GET' && request.headers.origin) mustBeOurs(request)
        request.parleyCaller = caller
        request.params = storable(request.params)
        request.query = storable(request.query)
        request.body = storable(request.body)
      },
      handler: async (request, reply) => {
        const caller = request.parleyCaller!
        const input = { params: request.params, query: request.query, body: request.body }
        const key = request.headers['idempotency-key']
        if (method !== 'POST' || typeof key !== 'string' || call.may === 'public')
          return reply.code(status).send(await handle(input, caller))
        const answer = await once(
          { ...deps, locks },
          caller,
          key,
          { method, url: request.url, body: request.body, isSecret: secret },
          async () => {
            try {
              return { status, body: reply.serializeInput(await handle(input, caller), status.toString()) as string }
            } catch (error) {
              const problem = problemFor(error, request)
              if (problem.code === 'broken') log.error({ error, request: request.id }, 'a request failed')
              return { status: problem.status, body: JSON.stringify(problem), unsure: mayHaveHappened(error) }
            }
          },
        )
        return reply
          .code(answer.status)
          .type(answer.status < 400 ? 'application/json' : 'application/problem+json')
          .serializer((text: string) => text)
          .send(answer.body)
      },
    })
  }

  for (const routes of deps.routes({ callerOf })) await app.register(routes)

  // ---------------------------------------------------------------- for machines

  app.get('/healthz', async () => ({ ok: true }))
  app.get('/readyz', async (_, reply) => {
    // A frozen database answers nothing at all, and whoever asks waits for seconds only.
    const [ready, alarms] = await Promise.all([
      inTime(deps.ready(), READY_MS, false),
      inTime(deps.alarms(), READY_MS, []),
    ])
    // Who is told 503 gets no requests any more; an alarm wants a person, not fewer requests.
    return ready ? { ready, alarms } : reply.code(503).send({ ready })
  })
  app.get('/metrics', async (request, reply) => {
    // Figures are for the operator: on this machine, or with a token of an admin.
    // Behind a proxy that nobody told us of, everybody seems to be on this machine.
    const isForwarded = settings.trustedProxies.length === 0 && FORWARDED.some((name) => name in request.headers)
    if (isForwarded || !isLoopback(request.ip)) await callerOf(request, 'audit.read')
    const { type, body } = await deps.metrics.page()
    return reply.type(type).send(body)
  })
  app.get('/api/openapi.json', async () => app.swagger())
  await app.register(docs)

  // ---------------------------------------------------------------- files of the window

  if (existsSync(WIDGET)) {
    await app.register(fastifyStatic, {
      root: fileURLToPath(WIDGET),
      prefix: '/widget/',
      decorateReply: false,
      maxAge: '1h',
      preCompressed: true,
    })
  }
  if (existsSync(WINDOW)) {
    await app.register(fastifyStatic, {
      root: fileURLToPath(WINDOW),
      prefix: '/',
      // `bin/build.mjs` laid .br and .gz beside each text.
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => void reply.header('cache-control', cachingOf(path)),
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      request.method === 'GET' &&
      !/^\/(api|hooks|widget|docs)(\/|$)/.test(request.url) &&
      (request.headers.accept ?? '').includes('text/html')
    if (!wantsPage) return sendProblem(reply, problemOf('not_found', { request: request.id }))
    if (!existsSync(WINDOW))
      return void reply.code(503).type('text/plain').send('The window is not built yet: run "npm run build".')
    return void reply.sendFile('index.html')
  })

  await app.listen({ host: settings.host, port: settings.port }).catch((error: unknown) => {
    throw new StartFailure(cannotListen(error, settings))
  })
  const address = app.server.address()
  const port = address && typeof address === 'object' ? address.port : settings.port
  return {
    url: addressOf({ ...settings, port }),
    setCookie: (caller, secret) => void cookies.set(caller.request, secret),
    close: async () => {
      app.server.closeIdleConnections()
      // From here on Node no longer watches how long a request takes to arrive: one that stops in its middle would hold us for ever.
      const cut = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS)
      await app.close().finally(() => clearTimeout(cut))
      await locks.close()
    },
  }
}

function cannotListen(error: unknown, { host, port }: Settings): string {
  const { code, message } = error as NodeJS.ErrnoException
  const why = CANNOT_LISTEN[code ?? '']
  return `Parley cannot listen at ${host}:${port}: ${why ?? message}`
}

const CANNOT_LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program does already, perhaps another Parley. Stop that one, or give this one another PARLEY_PORT.',
  EACCES: 'this user may not. Give a PARLEY_PORT of 1024 or more.',
  EADDRNOTAVAIL: 'this machine has no such address. Mend PARLEY_HOST.',
}

/** What comes of it, or this one where nothing does, or not in time. */
async function inTime<Of>(work: Promise<Of>, ms: number, otherwise: Of): Promise<Of> {
  const late = Promise.withResolvers<Of>()
  const timer = setTimeout(() => late.resolve(otherwise), ms)
  return Promise.race([work.catch(() => otherwise), late.promise]).finally(() => clearTimeout(timer))
}

/** A name under `assets/` holds a hash of its content; every other file is asked for anew, so that an update shows at once. */
const cachingOf = (path: string) => (/[\\/]assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')

/** Whoever runs a Parley that the world can reach signs in with more than a password. A program's token is no password. */
const lacksSecondFactor = ({ session, role, hasSecondFactor }: Caller) =>
  session !== null && (role === 'owner' || role === 'admin') && !hasSecondFactor

declare module 'fastify' {
  interface FastifyRequest {
    parleyCaller?: Caller
  }
}
