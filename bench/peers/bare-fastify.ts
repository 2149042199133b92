/** The limit of durable ingest: Fastify that checks the signature, reads the JSON and stores nothing. Prints its address. */
import Fastify from 'fastify'
import { SIGNATURE, signatureOf } from '#tests/faults/connectors/network.ts'

const secret = process.env.BENCH_SECRET!
const app = Fastify({ logger: false })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
app.post('/hooks/:channel', async (request, reply) => {
  const bytes = request.body as Buffer
  if (request.headers[SIGNATURE] !== signatureOf(bytes, secret)) return reply.code(401).send()
  JSON.parse(bytes.toString())
  return reply.code(200).send()
})
process.once('SIGTERM', () => process.exit(0))
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
