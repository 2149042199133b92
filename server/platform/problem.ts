import { PROBLEMS, type Problem, type ProblemCode } from '#contract/problem.ts'

/** A request that cannot be granted: the caller's affair, so it is answered and not logged. */
export class Refused extends Error {
  readonly code: ProblemCode
  readonly more: Pick<Problem, 'detail' | 'fields' | 'values'>
  constructor(code: ProblemCode, more: Pick<Problem, 'detail' | 'fields' | 'values'> = {}) {
    super(more.detail ? `${code}: ${more.detail}` : code)
    this.name = 'Refused'
    this.code = code
    this.more = more
  }
}

/** RFC 9457. */
export function problemOf(code: ProblemCode, more: Partial<Problem> = {}): Problem {
  const [status, title] = PROBLEMS[code]
  return { type: `about:blank#${code}`, title, status, code, ...more }
}
