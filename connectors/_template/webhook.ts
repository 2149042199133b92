/** The platform's POST to us. Verifies in constant time on the raw bytes; reads no meaning. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Context, Json, Opened, Plan, WebhookRequest } from '#connector-kit/connector.ts'
import { parseJson } from '#connector-kit/parse-json.ts'
import { call, read } from './api.ts'
import type { Settings } from './settings.ts'

/** Tells the platform where we are, and by what it proves itself. Where a person enters that by hand there is no such call. */
export function* register(url: string, c: Context<Settings>): Plan<void> {
  read(yield call(c, '/webhook', { url, secret: c.secret }), z.object({}))
}

export function open(request: WebhookRequest, c: Context<Settings>): Opened {
  if (request.method !== 'POST') return { refuse: 404 }
  // As text: what reads hex stops at the first letter that is none, and takes whatever stands behind it.
  const ours = Buffer.from(createHmac('sha256', c.secret).update(request.bytes).digest('hex'))
  const told = Buffer.from(request.headers['x-signature'] ?? '')
  if (!c.secret || told.length !== ours.length || !timingSafeEqual(told, ours)) return { refuse: 401 }
  const body = parsed(request.bytes) as { id?: string; chat?: string } | undefined
  return body?.id && body.chat ? { events: [{ key: body.id, lane: body.chat, body }] } : { refuse: 400 }
}

function parsed(bytes: Uint8Array): Json {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
