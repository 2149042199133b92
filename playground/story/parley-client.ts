/** Calls Parley's API by the contract's declarations, as a program with a token. */
import { randomUUID } from 'node:crypto'
import type { Endpoint } from '#contract/endpoint.ts'

export type ParleyClient = <In extends object, Out, Result>(
  call: Endpoint<In, Out, Result>,
  given: In,
) => Promise<Result>

interface Groups {
  params?: Record<string, string>
  query?: Record<string, string | number | undefined>
  body?: unknown
}

/** @throws Error with the problem's words */
export const parleyClient =
  (url: string, token: string): ParleyClient =>
  async (call, given) => {
    const { params, query, body } = given as Groups
    const path = call.path.replaceAll(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params?.[name] ?? ''))
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
    const response = await fetch(`${url}${path}${search.size > 0 ? `?${search.toString()}` : ''}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${String(call.method)} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as never
  }
