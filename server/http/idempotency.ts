/**
 * `Idempotency-Key`: a repeated POST gets the first answer again, even a 500. Another body under the same key: 422. A twin in flight: 409.
 * A refused validation keeps nothing, and neither does an answer that asks to try again.
 *
 * The answer is stored right after the effect, under a lock that both hold: a crash in between leaves the effect without its answer,
 * which is why effects that must not double carry a key of their own (a message's `clientId`).
 *
 * Stored answers are sealed: among them are tokens and links that are shown once.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Caller } from '#server/platform/calls.ts'
import type { Database } from '#server/platform/database.ts'
import type { NamedLocks } from '#server/platform/named-locks.ts'
import { Refused } from '#server/platform/problem.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'

export interface StoredAnswer {
  status: number
  body: string
}

export interface OnceDeps {
  database: Database
  secrets: Secrets
  locks: NamedLocks
}

/** @throws Refused `key_reused` · `busy` */
export async function once(
  { database, secrets, locks }: OnceDeps,
  caller: Caller,
  key: string,
  request: { method: string; url: string; body: unknown },
  run: () => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  if (key.length > 200)
    throw new Refused('invalid', { fields: [{ path: 'headers.idempotency-key', reason: 'at most 200 characters' }] })
  const hash = createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest()
  const letGo = await locks.take(`${caller.workspace} ${caller.member} ${key}`)
  if (!letGo) throw new Refused('busy')
  try {
    const sealer = await secrets.of(caller.workspace)
    const before = await find(database, caller, key)
    if (before) {
      if (!before.hash.equals(hash)) throw new Refused('key_reused')
      return { status: before.status, body: sealer.open(before.sealed, placeOf(caller, key)).toString() }
    }
    const answer = await run()
    if (answer.status !== 422 && answer.status !== 400 && answer.status !== 503) {
      const sealed = sealer.seal(Buffer.from(answer.body), placeOf(caller, key))
      await store(database, caller, key, hash, { status: answer.status, sealed })
    }
    return answer
  } finally {
    await letGo()
  }
}

const placeOf = (caller: Caller, key: string) => ({
  table: 'idempotency',
  column: 'body',
  row: `${caller.member} ${key}`,
})

interface Sealed {
  status: number
  sealed: Buffer
}

async function find(database: Database, caller: Caller, key: string): Promise<(Sealed & { hash: Buffer }) | null> {
  return database.inWorkspace(caller.workspace, async (tx) => {
    const { rows } = await sql<{ request_hash: Buffer; status: number; body: Buffer }>`
      select request_hash, status, body from idempotency where workspace_id = ${caller.workspace} and actor_id = ${caller.member} and key = ${key} and at > now() - interval '48 hours'`.execute(
      tx,
    )
    return rows[0] ? { hash: rows[0].request_hash, status: rows[0].status, sealed: rows[0].body } : null
  })
}

async function store(database: Database, caller: Caller, key: string, hash: Buffer, answer: Sealed): Promise<void> {
  await database.inWorkspace(caller.workspace, (tx) =>
    sql`insert into idempotency (workspace_id, actor_id, key, request_hash, status, body) values (${caller.workspace}, ${caller.member}, ${key}, ${hash}, ${answer.status}, ${answer.sealed})
        on conflict (workspace_id, actor_id, key) do update set request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, at = now()`.execute(
      tx,
    ),
  )
}
