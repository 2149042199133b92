/** Calls Parley's API by the contract's declarations, signed in as the window is. */
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
const parleyClient =
  (url: string, who: { cookie: string }): ParleyClient =>
  async (call, given) => {
    const { params, query, body } = given as Groups
    const path = call.path.replaceAll(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params?.[name] ?? ''))
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
    const response = await fetch(`${url}${path}${search.size > 0 ? `?${search.toString()}` : ''}`, {
      method: call.method,
      headers: {
        cookie: who.cookie,
        origin: url,
        'idempotency-key': randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${String(call.method)} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as never
  }

/** Signs in as a person does, so that what is written stands under that person's name. */
export async function signInTo(url: string, email: string, password: string): Promise<ParleyClient> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  if (!response.ok) throw new Error(`signing in: ${response.status} ${await response.text()}`)
  return parleyClient(url, {
    cookie: response.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; '),
  })
}
