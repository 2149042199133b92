import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { enterWorkspace, mayHaveHappened, openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { makePartitions } from './partitions.ts'
import { startEmbedded } from './postgres/embedded.ts'
import { programLogin } from './program-role.ts'
import { isCrowdedOut, isUnavailable } from './unavailable.ts'

const { database, ownerUrl, programUrl } = await aDatabase()
const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

describe('workspaces', () => {
  test('one sees its own rows and nobody else’s', async () => {
    const [ours, theirs] = [await aWorkspace(), await aWorkspace()]
    const seen = await database.inWorkspace(ours, (tx) => tx.selectFrom('workspace').select('workspace_id').execute())
    expect(seen).toEqual([{ workspace_id: ours }])
    const foreign = database.inWorkspace(ours, (tx) =>
      tx.insertInto('workspace').values({ workspace_id: theirs, name: 'Mine' }).execute(),
    )
    await expect(foreign).rejects.toThrow('row-level security')
  })

  test('without one their tables refuse, on a fresh connection and on a used one', async () => {
    const ours = await aWorkspace()
    const refusal = /unrecognized configuration parameter "parley.workspace"|invalid input syntax for type uuid/
    for (let turn = 0; turn < 3; turn++) {
      await expect(database.plumbing.selectFrom('workspace').selectAll().execute()).rejects.toThrow(refusal)
      await expect(database.transaction((tx) => tx.selectFrom('workspace').selectAll().execute())).rejects.toThrow(
        refusal,
      )
      await database.inWorkspace(ours, (tx) => tx.selectFrom('workspace').selectAll().execute())
    }
  })

  test('who only looks sees his own workspace, cannot write, and gives his connection back after an error', async () => {
    const [ours, theirs] = [await aWorkspace(), await aWorkspace()]
    const seen = () => database.look(ours, (tx) => tx.selectFrom('workspace').select('workspace_id').execute())
    expect(await seen()).toEqual([{ workspace_id: ours }])
    const write = () =>
      database.look(ours, (tx) => sql`update workspace set name = 'Mine' where workspace_id = ${ours}`.execute(tx))
    for (let turn = 0; turn < 20; turn++) await expect(write()).rejects.toThrow('read-only transaction')
    expect(await seen()).toEqual([{ workspace_id: ours }])
    expect(await database.look(theirs, (tx) => tx.selectFrom('workspace').select('workspace_id').execute())).toEqual([
      { workspace_id: theirs },
    ])
  })

  test('statements of one journey are one transaction, and a refusal is told in its own words', async () => {
    const ours = await aWorkspace()
    const rename = (name: string) =>
      sql`update workspace set name = ${name} where workspace_id = ${ours} returning name`
    const refused = sql`insert into workspace (workspace_id, name) values (${ours}, 'Twice')`
    expect(await database.inOneJourney(ours, [rename('One'), rename('Two')])).toEqual([
      [{ name: 'One' }],
      [{ name: 'Two' }],
    ])
    await expect(database.inOneJourney(ours, [rename('Three'), refused, rename('Four')])).rejects.toThrow(
      'duplicate key',
    )
    const theirs = await aWorkspace()
    expect(await database.inOneJourney(theirs, [sql`select name from workspace where workspace_id = ${ours}`])).toEqual(
      [[]],
    )
    expect(await database.inOneJourney(ours, [sql`select name from workspace`])).toEqual([[{ name: 'Two' }]])
  })

  test('one transaction may enter several, one after the other', async () => {
    const [ours, theirs] = [await aWorkspace(), await aWorkspace()]
    const seen = await database.transaction(async (tx) => {
      const all = []
      for (const workspace of [ours, theirs]) {
        await enterWorkspace(tx, workspace)
        all.push(...(await tx.selectFrom('workspace').select('workspace_id').execute()))
      }
      return all
    })
    expect(seen).toEqual([{ workspace_id: ours }, { workspace_id: theirs }])
  })

  test('what is no id of one never reaches the database', async () => {
    const evil = `${crypto.randomUUID()}'; drop table x; --` as WorkspaceId
    await expect(database.inWorkspace(evil, async () => {})).rejects.toThrow(TypeError)
  })
})

describe('transactions', () => {
  test('what throws is rolled back, and what failed silently does not count as committed', async () => {
    const workspace = await aWorkspace()
    const rename = sql`update workspace set name = 'Other' where workspace_id = ${workspace}`
    const thrown = database.inWorkspace(workspace, async (tx) => {
      await rename.execute(tx)
      throw new Error('no')
    })
    await expect(thrown).rejects.toThrow('no')
    const swallowed = database.inWorkspace(workspace, async (tx) => {
      await rename.execute(tx)
      await sql`select 1 / 0`.execute(tx).catch(() => {})
    })
    await expect(swallowed).rejects.toThrow('rolled back')
    const found = await database.inWorkspace(workspace, (tx) => tx.selectFrom('workspace').select('name').execute())
    expect(found).toEqual([{ name: 'Ours' }])
  })

  test('one whose COMMIT nobody heard the end of may have happened; one that was cut before it has not', async () => {
    await asOwner(`
      create table parley.cut (one int);
      grant all on parley.cut to public;
      create function parley.cut_off() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger cut_off after insert on parley.cut deferrable initially deferred
        for each row execute function parley.cut_off()`)
    const insert = sql`insert into parley.cut (one) values (1)`
    const now = sql`set constraints all immediate`
    const failureOf = (work: Parameters<typeof database.transaction>[0]) =>
      database.transaction(work).catch((error: unknown) => error)
    const [late, early] = [
      await failureOf((tx) => insert.execute(tx)),
      await failureOf(async (tx) => {
        await insert.execute(tx)
        await now.execute(tx)
      }),
    ]
    expect([late, early].map(isUnavailable)).toEqual([true, true])
    expect([late, early].map(mayHaveHappened)).toEqual([true, false])
  })

  test('connections are given back, however the work ends', async () => {
    const few = openDatabase({ url: programUrl, connections: 2 })
    ending.push(() => few.close())
    const endings = Array.from({ length: 20 }, (_, n) =>
      few.transaction(async (tx) => {
        if (n % 3 === 0) throw new Error('thrown')
        if (n % 3 === 1) await sql`select 1 / 0`.execute(tx)
      }),
    )
    await Promise.allSettled(endings)
    for (let turn = 0; turn < 5; turn++) {
      await sql`select 1`.execute(few.plumbing)
      await expect(sql`select 1 / 0`.execute(few.plumbing)).rejects.toThrow('division by zero')
    }
    await expect(few.now()).resolves.toBeInstanceOf(Date)
  })

  test('Kysely’s own are refused: they would know no workspace', async () => {
    await expect(database.plumbing.transaction().execute(async () => {})).rejects.toThrow('inWorkspace')
  })
})

describe('statements', () => {
  test('are prepared and named; as many as there are texts', async () => {
    const session = await database.session()
    ending.push(() => session.end())
    for (const value of [1, 2, 3]) await session.query('select $1::int as one', [value])
    const { rows } = await session.query('select statement from pg_prepared_statements')
    expect(rows).toEqual([{ statement: 'select $1::int as one' }])
  })

  test('given together, they run in their order', async () => {
    await asOwner(
      'create table parley.told (no int, pos serial); grant all on parley.told, parley.told_pos_seq to public',
    )
    const ours = await aWorkspace()
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    await database.onMessagePath(ours, async (tx) => {
      await Promise.all(numbers.map((no) => sql`insert into parley.told (no) values (${no})`.execute(tx)))
    })
    const rows = await asOwner('select no from parley.told order by pos')
    expect(rows.map(({ no }) => no)).toEqual(numbers)
  })

  test('given together, one that fails takes the whole transaction with it', async () => {
    const ours = await aWorkspace()
    const failing = database.onMessagePath(ours, async (tx) => {
      await Promise.all([
        sql`update workspace set name = 'Changed' where workspace_id = ${ours}`.execute(tx),
        sql`select 1 / ${0}::int`.execute(tx),
      ])
    })
    await expect(failing).rejects.toThrow('division by zero')
    const [row] = await database.inWorkspace(ours, (tx) => tx.selectFrom('workspace').select('name').execute())
    expect(row!.name).not.toBe('Changed')
  })

  test('of the message path are planned by index while a table is empty', async () => {
    const ours = await aWorkspace()
    await asOwner('analyze parley.inbound_work')
    const plan = await database.onMessagePath(ours, (tx) =>
      sql<
        Record<'QUERY PLAN', string>
      >`explain select lane from inbound_work where workspace_id = '${sql.raw(ours)}' and state = 0 order by lane limit 1`.execute(
        tx,
      ),
    )
    expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('inbound_work_lane')
  })

  test('prepared before a migration beside us fail once and then work', async () => {
    await asOwner(`create table parley.changing (one int); grant select on parley.changing to public`)
    const session = await database.session()
    ending.push(() => session.end())
    const read = () => session.query('select * from changing where $1', [true])
    await read()
    await asOwner('alter table parley.changing add column two int')
    await expect(read()).rejects.toThrow('cached plan must not change result type')
    expect((await read()).fields.map(({ name }) => name)).toEqual(['one', 'two'])
  })
})

describe('values', () => {
  test('arrive as the types say', async () => {
    const { rows } = await sql`
      select 9007199254740991::int8 as safe, (-9223372036854775808)::int8::text as hash, array[1, 2]::int8[] as many,
             '2026-02-03 04:05:06.789012+00'::timestamptz as at, '2026-02-03'::date as day, '-infinity'::timestamptz as never,
             '\\x00ff'::bytea as bytes, '[1, {"a": null}]'::jsonb as json, array['a', null, '"b"'] as texts, 1.50::numeric as exact,
             '5'::xid8 as xid`.execute(database.plumbing)
    expect(rows).toEqual([
      {
        safe: 9_007_199_254_740_991,
        hash: '-9223372036854775808',
        many: [1, 2],
        at: new Date('2026-02-03T04:05:06.789Z'),
        day: '2026-02-03',
        never: -Infinity,
        bytes: Buffer.of(0, 255),
        json: [1, { a: null }],
        texts: ['a', null, '"b"'],
        exact: '1.50',
        xid: '5',
      },
    ])
  })

  test('that a number cannot hold are an error, not another number', async () => {
    await expect(sql`select 9007199254740993::int8`.execute(database.plumbing)).rejects.toThrow('read it as text')
    await expect(sql`select array[9007199254740993]`.execute(database.plumbing)).rejects.toThrow('read it as text')
    await expect(database.now()).resolves.toBeInstanceOf(Date)
  })

  test('go as they came: hashes as bigint, JSON as its text', async () => {
    const { rows } =
      await sql`select ${-(2n ** 63n)}::int8::text as hash, ${JSON.stringify([1])}::jsonb as json`.execute(
        database.plumbing,
      )
    expect(rows).toEqual([{ hash: '-9223372036854775808', json: [1] }])
  })
})

test('a session hears what is told', async () => {
  const session = await database.session()
  ending.push(() => session.end())
  await session.query('listen news')
  const heard = once(session, 'notification')
  await database.notify('news', 'it works')
  expect((await heard)[0]).toMatchObject({ channel: 'news', payload: 'it works' })
})

test('partitions that are missing are made, and those that exist stay', async () => {
  const name = `format('parley_parts.feed_%s', to_char(now() at time zone 'utc' + interval '1 month', 'YYYY_MM'))`
  const next = async () => (await asOwner(`select to_regclass(${name})::text as partition`))[0]!.partition
  const partition = await next()
  expect(partition).toMatch(/^parley_parts\.feed_/)
  await makePartitions(database)
  await asOwner(`drop table ${String(partition)}`)
  expect(await next()).toBeNull()
  await makePartitions(database)
  expect(await next()).toBe(partition)
})

describe('a database that is away', () => {
  test('is told from a statement that is wrong', async () => {
    for (const wrong of [sql`selec`, sql`select 1 / 0`, sql`insert into workspace_directory values (null)`])
      expect(isUnavailable(await error(wrong.execute(database.plumbing)))).toBe(false)
    expect(isUnavailable(new RangeError('no'))).toBe(false)
    expect(isUnavailable('no')).toBe(false)
  })

  test('is told from one that is crowded: a statement took too long, two waited for each other', async () => {
    const slow = await error(
      database.transaction(async (tx) => {
        await sql`set local statement_timeout = '20ms'`.execute(tx)
        await sql`select pg_sleep(5)`.execute(tx)
      }),
    )
    const lock = (key: number) => sql`select pg_advisory_xact_lock(9000001, ${key})`
    const bothHold = Promise.withResolvers<void>()
    let holding = 0
    const twins = await Promise.allSettled(
      [
        [1, 2],
        [2, 1],
      ].map(([first, second]) =>
        database.transaction(async (tx) => {
          await lock(first!).execute(tx)
          if (++holding === 2) bothHold.resolve()
          await bothHold.promise
          await lock(second!).execute(tx)
        }),
      ),
    )
    const victims = twins.flatMap((twin) => (twin.status === 'rejected' ? [twin.reason as unknown] : []))
    expect(victims).toHaveLength(1)
    expect([slow, ...victims].map((each) => [isUnavailable(each), isCrowdedOut(each)])).toEqual([
      [false, true],
      [false, true],
    ])
    expect(isCrowdedOut(await error(sql`select 1 / 0`.execute(database.plumbing)))).toBe(false)
  })

  test('refuses, does not answer, or has no room', async () => {
    const refusing = openDatabase({ url: 'postgres://parley@127.0.0.1:1/parley' })
    ending.push(() => refusing.close())
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const unanswered = openDatabase({ url: `postgres://parley@127.0.0.1:${port}/parley` })
    ending.push(async () => {
      await unanswered.close()
      silent.close()
    })
    const crowded = openDatabase({ url: programUrl, connections: 1 })
    ending.push(() => crowded.close())
    const release = Promise.withResolvers<void>()
    const held = crowded.transaction(() => release.promise)

    const errors = await Promise.all([refusing.now(), unanswered.now(), unanswered.session(), crowded.now()].map(error))
    expect(errors.map(isUnavailable)).toEqual([true, true, true, true])
    release.resolve()
    await held
  })

  test('cut in the middle: the statement fails so, and the next finds a new connection', async () => {
    const cut = error(
      database.transaction(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        await asOwner(`select pg_terminate_backend(${rows[0]!.pid})`)
        await sql`select 1`.execute(tx)
      }),
    )
    expect(isUnavailable(await cut)).toBe(true)
    await expect(database.now()).resolves.toBeInstanceOf(Date)
  })

  test('cut while nothing was asked: the next statement tells why', async () => {
    const cut = database.transaction(async (tx) => {
      await sql`set local idle_in_transaction_session_timeout = '20ms'`.execute(tx)
      await delay(300)
      await sql`select 1`.execute(tx)
    })
    expect(await error(cut)).toMatchObject({ code: '25P03' })
  })

  test('killed and back: every error in between says so, and nothing has to be opened again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-away-'))
    ending.push(() => rm(folder, { recursive: true, force: true }))
    const embedded = await startEmbedded({ dataDir: folder })
    ending.push(() => embedded.stop())
    const login = await programLogin(folder)
    const none = await mkdtemp(join(folder, 'none-'))
    const { programUrl: url } = await migrate({ ownerUrl: embedded.url, login, folder: none })
    const away = openDatabase({ url })
    ending.push(() => away.close())
    const errors: unknown[] = []
    let answers = 0
    const asking = new AbortController()
    const askers = Array.from({ length: 8 }, async () => {
      while (!asking.signal.aborted) {
        await away
          .transaction((tx) => sql`select pg_sleep(0.001)`.execute(tx))
          .then(
            () => answers++,
            (failure: unknown) => errors.push(failure),
          )
        await delay(1)
      }
    })
    for (let turn = 0; turn < 3; turn++) {
      const before = answers
      await until(() => answers > before + 20)
      const failed = errors.length
      process.kill(embedded.pid(), 'SIGKILL')
      await until(() => errors.length > failed)
    }
    const before = answers
    await until(() => answers > before + 20)
    asking.abort()
    await Promise.all(askers)
    expect(errors.filter((failure) => !isUnavailable(failure))).toEqual([])
  })
})

// ---------------------------------------------------------------- the world of these tests

async function aWorkspace(): Promise<WorkspaceId> {
  const workspace = WorkspaceId.parse(crypto.randomUUID())
  await database.inWorkspace(workspace, async (tx) => {
    await tx.insertInto('workspace_directory').values({ workspace_id: workspace }).execute()
    await tx.insertInto('workspace').values({ workspace_id: workspace, name: 'Ours' }).execute()
  })
  return workspace
}

async function asOwner(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

const error = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('it should have failed'),
    (failure: unknown) => failure,
  )

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}
