/** `/docs`: the API to read and to try, drawn in the browser from `/api/openapi.json`. Nothing is loaded from elsewhere. */
import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { csp } from './headers.ts'

/** The page is a library that takes half a second to read: whoever asks first waits for it, and no start of Parley does. */
export async function docs(app: FastifyInstance): Promise<void> {
  let drawn: Promise<FastifyInstance> | undefined
  for (const url of ['/docs', '/docs/*'])
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      const answer = await (await (drawn ??= draw())).inject({ url: request.url })
      return reply.code(answer.statusCode).headers(answer.headers).send(answer.rawPayload)
    })
  app.addHook('onClose', async () => (await drawn)?.close())
}

async function draw(): Promise<FastifyInstance> {
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  app.addHook('onSend', async (_, reply, payload) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
    if (!isPage || typeof payload !== 'string') return payload
    // The page starts by scripts of its own, which pass by their hashes. The library writes HTML itself, so Trusted Types stay off here.
    const hashes = [...payload.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].flatMap(([, script = '']) =>
      script.trim() ? [`'sha256-${createHash('sha256').update(script).digest('base64')}'`] : [],
    )
    void reply.header(
      'content-security-policy',
      csp({
        'script-src': ["'self'", ...hashes],
        'font-src': ["'self'", 'data:'],
        'require-trusted-types-for': null,
      }),
    )
    return payload
  })
  await app.register(reference, {
    routePrefix: '/docs',
    configuration: {
      url: '/api/openapi.json',
      pageTitle: 'Parley: API',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
      showDeveloperTools: 'never',
    },
  })
  await app.ready()
  return app
}
