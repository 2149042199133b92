/**
 * Calls of the API from the window: `await call(sendMessage, { params: { id }, body: { text } })`.
 * Pages read with `useQuery(read(listChannels, { query: {} }))` and write with `useAct(sendMessage)` (`acts.ts`).
 */
import type { z } from 'zod'
import { getMe } from '#contract/calls/members.ts'
import type { Endpoint } from '#contract/endpoint.ts'
import type { Problem, ProblemCode } from '#contract/problem.ts'
import { memberHeader, noteRefusal } from './drawn-for.ts'
import { noteAnswer } from './server-away.ts'

/** `offline`: no answer came; the request may or may not have arrived. `strange`: one came that is none of Parley's. */
export type FailureCode = ProblemCode | 'offline' | 'strange'

export class CallFailed extends Error {
  readonly code: FailureCode
  readonly problem: Problem | null
  /**
   * No GET, so the client does not ask it again by itself. Whoever repeats such a call himself (what is owed: a message, a draft; a
   * preview) does not tell of a failure that passes.
   */
  readonly isAct: boolean
  constructor(code: FailureCode, problem: Problem | null, isAct = false) {
    super(problem ? `${problem.title}${problem.detail ? `: ${problem.detail}` : ''}` : code)
    this.name = 'CallFailed'
    this.code = code
    this.problem = problem
    this.isAct = isAct
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Of one act: its repeats carry the same. Made here for a POST that brings none. */
  readonly key?: string
  /** It may outlive this page, if it is small enough for that. */
  readonly keepalive?: boolean
}

type Words = Record<string, string | number | boolean | undefined>
type Input = { params?: Words; query?: Words; body?: unknown }

/** Waits before a repeat of a POST that got no answer: the key makes repeating harmless. */
const PAUSES_MS = [300, 1_500]
const REPEATED: readonly FailureCode[] = ['offline', 'busy', 'unavailable']

/** @throws CallFailed */
export async function call<In, Result>(
  endpoint: Endpoint<In, unknown, Result>,
  ...[given, options = {}]: keyof In extends never
    ? [given?: {}, options?: CallOptions]
    : [given: In, options?: CallOptions]
): Promise<Result> {
  const isPost = endpoint.method === 'POST'
  const key = isPost ? (options.key ?? newKey()) : undefined
  for (let tries = 0; ; tries++) {
    try {
      return await once(endpoint, (given ?? {}) as Input, key, options)
    } catch (error) {
      const pause = PAUSES_MS[tries]
      if (!isPost || pause === undefined || !(error instanceof CallFailed) || !REPEATED.includes(error.code))
        throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

async function once<Result>(
  endpoint: Endpoint<unknown, unknown, Result>,
  given: Input,
  key: string | undefined,
  { signal, keepalive }: CallOptions,
): Promise<Result> {
  const url = urlOf(endpoint.path, given)
  const isAct = endpoint.method !== 'GET'
  const body = given.body === undefined ? undefined : JSON.stringify(given.body)
  let response: Response
  let answer: unknown
  try {
    response = await fetch(url, {
      method: endpoint.method,
      headers: {
        accept: 'application/json',
        // Who sits here is to be heard, whoever it is.
        ...(endpoint.path === getMe.path && !isAct ? {} : memberHeader()),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body }),
      ...(keepalive && isKeepable(body ?? '') ? { keepalive } : {}),
      ...(signal ? { signal } : {}),
    })
    answer = await response.json()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new CallFailed('offline', null, isAct)
  }
  if (!response.ok) {
    const failed = isProblem(answer)
      ? new CallFailed(answer.code, answer, isAct)
      : new CallFailed('strange', null, isAct)
    noteAnswer(failed.code)
    noteRefusal(failed.code)
    throw failed
  }
  noteAnswer(null)
  return import.meta.env.DEV ? ((endpoint.result as z.ZodType<Result>).parse(answer) as Result) : (answer as Result)
}

/** Browsers refuse to keep alive more than 64 KB, of all requests together; a larger one is not kept, but it is sent. */
const isKeepable = (body: string): boolean => new TextEncoder().encode(body).length < 60_000

/** A proxy, or a server that reads no further than the head, answers in a shape of its own. */
const isProblem = (answer: unknown): answer is Problem => typeof (answer as Problem | null)?.code === 'string'

/** `/api/channels/:id` and its values → `/api/channels/0190…?limit=50`; undefined is left out of the query. */
export function urlOf(path: string, { params = {}, query = {} }: Input): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString()
  return search === '' ? filled : `${filled}?${search}`
}

/** `crypto.randomUUID` is missing on plain http beyond loopback. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
