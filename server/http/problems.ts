/** Every error of a request becomes an RFC 9457 answer. Details of the database never reach a client. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Problem } from '#contract/problem.ts'
import type { Log } from '#server/platform/log.ts'
import { problemOf, Refused } from '#server/platform/problem.ts'
import { isCrowdedOut, isUnavailable } from '#server/platform/unavailable.ts'

const BY_STATUS = {
  400: 'unreadable',
  // Of paths that no file of the window and no parameter can have: they name nothing.
  403: 'not_found',
  404: 'not_found',
  413: 'too_large',
  414: 'not_found',
  415: 'unsupported_type',
  429: 'too_many',
} as const

export function problemFor(error: unknown, request: { id: string }): Problem {
  if (error instanceof Refused) return problemOf(error.code, { ...error.more, request: request.id })
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation.map((issue) => ({
      path: [error.validationContext ?? '', ...issue.instancePath.split('/').filter(Boolean)].join('.'),
      reason: issue.message ?? 'refused',
    }))
    // A path that cannot name anything is a thing that is not there.
    return error.validationContext === 'params'
      ? problemOf('not_found', { request: request.id })
      : problemOf('invalid', { fields, request: request.id })
  }
  if (isUnavailable(error) || isCrowdedOut(error)) return problemOf('unavailable', { request: request.id })
  const status = (error as Partial<FastifyError>).statusCode
  if (status !== undefined && status in BY_STATUS)
    return problemOf(BY_STATUS[status as keyof typeof BY_STATUS], { request: request.id })
  return problemOf('broken', { request: request.id })
}

export const problemHandler =
  (log: Log) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemFor(error, request)
    // A 500 is our bug; a 4xx is the caller's affair and is not logged.
    if (problem.code === 'broken')
      log.error(
        { error, request: request.id, method: request.method, route: request.routeOptions.url },
        'a request failed',
      )
    sendProblem(reply, problem)
  }

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (problem.code === 'upgrade_wanted') void reply.headers({ upgrade: 'websocket', connection: 'upgrade' })
  if (problem.status === 503) void reply.header('retry-after', '2')
  if (problem.code === 'too_many') void reply.header('retry-after', String(Number(problem.values?.seconds ?? 60)))
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}
