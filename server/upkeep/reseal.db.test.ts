/** After a rotation nothing that is stored opens with the old data key any more, and everything with the new one. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { NIL_ID, type AccountId, type WorkspaceId } from '#contract/ids.ts'
import { channelPlace } from '#server/channels/seal.ts'
import { totpPlace } from '#server/members/totp.ts'
import { fakeClock } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import { memoryKeyStore } from '#server/platform/secrets/key-store.ts'
import { openSecrets, type Place } from '#server/platform/secrets/secrets.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aFolder } from '#tests/support/parts.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { resealAll } from './reseal.ts'

const { database, asOwner } = await aDatabase()
const clock = fakeClock()
const store = memoryKeyStore(() => clock.now())
const secrets = await openSecrets({ dataDir: await aFolder(), key: randomBytes(32), store, clock })
const PROGRAM = NIL_ID as WorkspaceId
const workspaces = [PROGRAM, await aWorkspace(database), await aWorkspace(database)]
/** More than a page. */
const EVENTS = 1_234

interface Planted {
  readonly workspace: WorkspaceId
  readonly place: Place
  /** Where it stands. */
  readonly found: string
}
const planted: Planted[] = []
for (const workspace of workspaces.slice(1)) {
  const { id } = await aChannel(database, workspace)
  const sealer = await secrets.of(workspace)
  const sealed = (place: Place) => sealer.seal(Buffer.from(place.row), place)
  const of = (place: Place, found: string) => planted.push({ workspace, place, found })
  const [settings, hook, kept] = [
    channelPlace('settings', id),
    channelPlace('hook_secret', id),
    channelPlace('kept', id, 'token'),
  ]
  await database.inWorkspace(workspace, async (tx) => {
    await sql`update channel set settings = ${sealed(settings)}, hook_secret = ${sealed(hook)}`.execute(tx)
    await sql`insert into channel_kept values (${workspace}, ${id}, 'token', ${sealed(kept)}, 'infinity')`.execute(tx)
    const events = Array.from({ length: EVENTS }, () => newId())
    await sql`insert into inbound (workspace_id, id, channel_id, body) select ${workspace}, i, ${id}, b from
      unnest(${events}::uuid[], ${events.map((row) => sealed({ table: 'inbound', column: 'body', row }))}::bytea[]) as n (i, b)`.execute(
      tx,
    )
    for (const row of events)
      of({ table: 'inbound', column: 'body', row }, `select body as value from inbound where id = '${row}'`)
  })
  of(settings, `select settings as value from channel where id = '${id}'`)
  of(hook, `select hook_secret as value from channel where id = '${id}'`)
  of(kept, `select value from channel_kept where channel_id = '${id}'`)
}
const account = newId<AccountId>()
const factor = (await secrets.of(PROGRAM)).seal(Buffer.from(account), totpPlace(account))
await sql`insert into account (id, email, name, password_hash, totp_secret) values (${account}, 'a@b.example', 'Ann', '', ${factor})`.execute(
  database.plumbing,
)
planted.push({ workspace: PROGRAM, place: totpPlace(account), found: `select totp_secret as value from account` })

const reseal = async () => {
  let looked = 0
  const done = await resealAll({ database, secrets, workspaces, looked: (values) => (looked += values) })
  return { ...done, looked }
}

test('before a new key rests there is nothing to do; then every value is sealed anew, once, and opens', async () => {
  const all = planted.length
  expect(await reseal()).toEqual({ sealed: 0, broken: 0, looked: all })
  for (const workspace of workspaces) await secrets.rotate(workspace)
  expect(Math.min(...(await Promise.all(workspaces.map((each) => secrets.restsMs(each)))))).toBeGreaterThan(100_000)
  expect(await reseal()).toMatchObject({ sealed: 0 })
  clock.advance(130_000)
  expect(await Promise.all(workspaces.map((each) => secrets.restsMs(each)))).toEqual([0, 0, 0])
  expect(await reseal()).toEqual({ sealed: all, broken: 0, looked: all })
  expect(await reseal()).toMatchObject({ sealed: 0 })

  // The old key is forgotten: whatever it had sealed would not open.
  for (const workspace of workspaces) await secrets.retire(workspace)
  for (const { workspace, place, found } of [...planted.slice(0, 50), ...planted.slice(-50)]) {
    const [row] = await asOwner<{ value: Buffer }>(found)
    expect((await secrets.of(workspace)).open(row!.value, place).toString()).toBe(place.row)
  }
})

test('a value that is damaged is left as it is, and the others are not held up by it', async () => {
  const { found, place } = planted[7]!
  await asOwner(`update inbound set body = set_byte(body, 40, get_byte(body, 40) # 1) where id = '${place.row}'`)
  const [before] = await asOwner<{ value: Buffer }>(found)
  for (const workspace of workspaces) await secrets.rotate(workspace)
  clock.advance(130_000)
  for (const workspace of workspaces) await secrets.restsMs(workspace)
  expect(await reseal()).toMatchObject({ sealed: planted.length - 1, broken: 1 })
  expect((await asOwner<{ value: Buffer }>(found))[0]).toEqual(before)
})
