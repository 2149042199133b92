/** `/docs`: the API to read and to try, drawn in the browser from `/api/openapi.json`. Nothing is loaded from elsewhere. */
import { createHash } from 'node:crypto'
import reference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { csp } from './headers.ts'

export async function docs(app: FastifyInstance): Promise<void> {
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
    },
  })
}
