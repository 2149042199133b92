/**
 * `Idempotency-Key`: a repeated POST gets the first answer again, even a 500. Another body under the same key: 422. A twin in flight: 409.
 * A refused validation keeps nothing, and neither does an answer that asks to try again.
 *
 * The answer is stored right after the effect, under a lock that both hold: a crash in between leaves the effect without its answer,
 * which is why effects that must not double carry a key of their own (a message's `clientId`).
 *
 * Of an answer that is shown only once a mark is kept in its place, before it is made: whoever repeats the key gets neither the secret again nor a
 * second one, also after a crash, or where the answer to the COMMIT was lost. The mark goes when it is certain that nothing was made. Where it
 * cannot be taken away then, or the process ends before it, it stays and says "made" of what was not: a new key makes it. It is an answer as
 * others are, so a node that knows no marks gives it too. Stored answers are sealed: they tell what people wrote.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Caller } from '#server/platform/calls.ts'
import type { Database } from '#server/platform/database.ts'
import type { NamedLocks } from '#server/platform/named-locks.ts'
import { problemOf, Refused } from '#server/platform/problem.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'

export interface StoredAnswer {
  status: number
  body: string
}

/** `unsure`: it failed, and what was asked for may have happened. */
export type FreshAnswer = StoredAnswer & { unsure?: boolean }

export interface OnceDeps {
  database: Database
  secrets: Secrets
  locks: NamedLocks
}

/** @throws Refused `key_reused` · `busy` · `shown_once` */
export async function once(
  { database, secrets, locks }: OnceDeps,
  caller: Caller,
  key: string,
  request: { method: string; url: string; body: unknown; isSecret: boolean },
  run: () => Promise<FreshAnswer>,
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
      // Kept whole by a node of the version before.
      if (request.isSecret && before.status < 400) throw new Refused('shown_once', SHOWN_ONCE)
      return { status: before.status, body: sealer.open(before.sealed, placeOf(caller, key)).toString() }
    }
    const keep = ({ status, body }: StoredAnswer) =>
      store(database, caller, key, hash, { status, sealed: sealer.seal(Buffer.from(body), placeOf(caller, key)) })
    if (request.isSecret) await keep(markFor(caller))
    const answer = await run()
    if (request.isSecret && answer.status < 400) return answer
    if (!TO_TRY_AGAIN.has(answer.status)) await keep(answer)
    else if (request.isSecret && !answer.unsure) await forget(database, caller, key)
    return answer
  } finally {
    await letGo()
  }
}

/** Nothing came of it: the same key may be used when it is right, or when the database is back. */
const TO_TRY_AGAIN = new Set([400, 422, 503])

const SHOWN_ONCE = {
  detail:
    'an earlier request with this key made it, and its answer is kept nowhere: make a new one with a new key, and remove what is listed of this one',
}

function markFor({ request }: Caller): StoredAnswer {
  const problem = problemOf('shown_once', { ...SHOWN_ONCE, request })
  return { status: problem.status, body: JSON.stringify(problem) }
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

async function forget(database: Database, caller: Caller, key: string): Promise<void> {
  await database.inWorkspace(caller.workspace, (tx) =>
    sql`delete from idempotency where workspace_id = ${caller.workspace} and actor_id = ${caller.member} and key = ${key}`.execute(
      tx,
    ),
  )
}
