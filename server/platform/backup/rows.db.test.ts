/** The logical copy, from one database to another whose owner is no superuser, as with a hired PostgreSQL. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { announce } from '#server/feed/feed.ts'
import { migrate } from '#server/platform/migrate.ts'
import { openDatabase } from '#server/platform/database.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { rowEntries, rowLoader } from './rows.ts'
import { whole } from './tar.ts'

const source = await aDatabase()
const { database } = source

/** A fresh database that belongs to a role with CREATEROLE and nothing more. */
async function aHiredDatabase() {
  const name = `parley_hired_${randomBytes(4).toString('hex')}`
  await source.asOwner(`create role ${name} login createrole password 'hired'`)
  // On a server of its own the role would make this group itself; here it is another owner's.
  await source.asOwner(`grant parley_program to ${name} with admin option`)
  await source.asOwner(`create database ${name} owner ${name}`)
  const ownerUrl = new URL(source.ownerUrl)
  Object.assign(ownerUrl, { pathname: `/${name}`, username: name, password: 'hired' })
  const login = { role: `${name}_program`, password: 'program' }
  const { programUrl } = await migrate({ ownerUrl: ownerUrl.href, login })
  afterAll(async () => {
    await source.asOwner(`drop database ${name} with (force)`)
    await source.asOwner(`drop role if exists ${login.role}`)
    await source.asOwner(`drop owned by ${name} cascade`)
    await source.asOwner(`drop role ${name}`)
  })
  return { ownerUrl: ownerUrl.href, programUrl }
}

async function piecesOf(url: string): Promise<[name: string, text: string][]> {
  const pieces: [string, string][] = []
  for await (const { name, body } of rowEntries(url)) pieces.push([name, (await whole(body)).toString()])
  return pieces
}

test('every row arrives as it was: big numbers, bytes, microseconds, inner keys, the next number', async () => {
  const [one, two] = [await aWorkspace(database), await aWorkspace(database)]
  for (const workspace of [one, two]) {
    const { id: channel } = await aChannel(database, workspace)
    await database.inWorkspace(workspace, async (tx) => {
      // each points to the one that comes before it, and after it, in the table
      const [a, b, c] = ['a', 'b', 'c'].map((letter) => `${crypto.randomUUID().slice(0, -1)}${letter}`)
      await sql`insert into contact (workspace_id, id, name, fields, tags) values
        (${workspace}, ${a}, 'Ann "the" \\ 1', '{"n": 12345678901234567890.123456789}', array['x,y', 'ü'])`.execute(tx)
      await sql`insert into contact (workspace_id, id, merged_into) values (${workspace}, ${b}, ${a}), (${workspace}, ${c}, ${b})`.execute(
        tx,
      )
      await sql`update contact set merged_into = ${c} where workspace_id = ${workspace} and id = ${a}`.execute(tx)
      await sql`insert into inbound_work (workspace_id, channel_id, lane, inbound_id, parked_on, ready_at)
        values (${workspace}, ${channel}, -9223372036854775807, gen_random_uuid(), '\\x00ff', '-infinity'), (${workspace}, ${channel}, 9007199254740993, gen_random_uuid(), null, '2026-01-02 03:04:05.678901+03')`.execute(
        tx,
      )
      await sql`insert into message_words (workspace_id, message_id, placed, words) values (${workspace}, gen_random_uuid(), now(), to_tsvector('simple', 'it''s a word'))`.execute(
        tx,
      )
      await announce(tx, workspace, [{ kind: 'contact.changed', subject: a! }])
    })
  }
  const pieces = await piecesOf(source.ownerUrl)
  expect(pieces.length).toBeGreaterThan(8)
  expect(pieces.filter(([name]) => /-(feed|lease|program)\./.test(name))).toEqual([])

  const hired = await aHiredDatabase()
  const loader = await rowLoader(hired.ownerUrl)
  for (const [name, text] of pieces) await loader.load(name, text)
  await loader.finish()
  const sorted = (all: [string, string][]) => all.map(([name, text]) => [name, text.split('\n').toSorted()])
  expect(sorted(await piecesOf(hired.ownerUrl))).toEqual(sorted(pieces))

  const program = openDatabase({ url: hired.programUrl, connections: 1 })
  const { rows } = await sql<{ higher: boolean }>`
    with fresh as (insert into inbound_work (workspace_id, channel_id, lane, inbound_id) values (${one}, ${one}, 1, ${one}) returning pos)
    select pos > (select max(pos) from inbound_work) as higher from fresh`.execute(program.plumbing)
  await program.close()
  expect(rows).toEqual([{ higher: true }])
})

test('a load that fails half-way leaves nothing', async () => {
  const hired = await aHiredDatabase()
  const loader = await rowLoader(hired.ownerUrl)
  const pieces = await piecesOf(source.ownerUrl)
  await loader.load(...pieces[0]!)
  await expect(loader.load('rows/000002-workspace.jsonl', '{"workspace_id": "no uuid"}')).rejects.toThrow(
    'invalid input syntax for type uuid',
  )
  await loader.cancel()
  expect(await piecesOf(hired.ownerUrl)).toEqual([])
})
