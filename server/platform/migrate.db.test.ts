import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { WorkspaceId } from '#contract/ids.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { startEmbedded } from './postgres/embedded.ts'
import { inspectProgramRole, programLogin } from './program-role.ts'
import { StartFailure } from './start-failure.ts'

const server = inject('testServer')
const login = { role: server.role, password: server.password }
const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

describe('files', () => {
  test('an empty database gets them in order, and the next start finds nothing to do', async () => {
    const ownerUrl = await anEmptyDatabase()
    const folder = await files({
      '0002-second.sql': 'alter table word add column two int',
      '0001-first.sql': 'create table word (one int)',
    })
    const told: string[] = []
    const { applied } = await migrate({ ownerUrl, login, folder, onApplied: (file) => told.push(file) })
    expect(applied).toEqual(['0001-first.sql', '0002-second.sql'])
    expect(told).toEqual(applied)
    expect((await migrate({ ownerUrl, login, folder })).applied).toEqual([])
    expect(await rows(ownerUrl, 'select number, file from parley.migration order by 1')).toEqual([
      { number: 1, file: '0001-first.sql' },
      { number: 2, file: '0002-second.sql' },
    ])
  })

  test('of several that start at once one does the work, and the others wait for it', async () => {
    const ownerUrl = await anEmptyDatabase()
    const all = await Promise.all([1, 2, 3].map(() => migrate({ ownerUrl, login })))
    expect(all.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
  })

  test('one that fails leaves nothing behind and says where; mended, it goes on from there', async () => {
    const ownerUrl = await anEmptyDatabase()
    const folder = await files({
      '0001-first.sql': 'create table one ()',
      '0002-second.sql': 'create table two ();\ncreate tabel three ()',
    })
    await expect(migrate({ ownerUrl, login, folder })).rejects.toThrow(
      /0002-second\.sql \(line 2\) failed.*syntax error/,
    )
    expect(
      await rows(ownerUrl, `select to_regclass('parley.one') is null as one, to_regclass('parley.two') is null as two`),
    ).toEqual([{ one: false, two: true }])
    await writeFile(join(folder, '0002-second.sql'), 'create table two ()')
    expect((await migrate({ ownerUrl, login, folder })).applied).toEqual(['0002-second.sql'])
  })

  test('one that was changed after it was applied is refused; other line ends are no change', async () => {
    const ownerUrl = await anEmptyDatabase()
    const folder = await files({ '0001-first.sql': 'create table one\n()' })
    await migrate({ ownerUrl, login, folder })
    await writeFile(join(folder, '0001-first.sql'), 'create table one\r\n()')
    await migrate({ ownerUrl, login, folder })
    await writeFile(join(folder, '0001-first.sql'), 'create table two\n()')
    await expect(migrate({ ownerUrl, login, folder })).rejects.toThrow('0001-first.sql was changed')
  })

  test('a database that is newer than the program is refused', async () => {
    const ownerUrl = await anEmptyDatabase()
    await migrate({ ownerUrl, login, folder: await files({ '0001-first.sql': '', '0002-second.sql': '' }) })
    const older = migrate({ ownerUrl, login, folder: await files({ '0001-first.sql': '' }) })
    await expect(older).rejects.toThrow('newer than this Parley: it knows the migration 0002-second.sql')
  })
})

describe('the program’s role', () => {
  test('cannot make, change or empty tables, and cannot enter the partitions', async () => {
    const ownerUrl = await anEmptyDatabase()
    const { programUrl } = await migrate({ ownerUrl, login })
    for (const [statement, refusal] of [
      ['create table parley.mine ()', 'permission denied for schema parley'],
      ['alter table workspace disable row level security', 'must be owner of table workspace'],
      ['truncate workspace', 'permission denied for table workspace'],
      ['select * from parley_parts.message_default', 'permission denied for schema parley_parts'],
      [`set role ${new URL(ownerUrl).username}`, 'permission denied to set role'],
    ] as const)
      await expect(rows(programUrl, statement)).rejects.toThrow(refusal)
    const settings = ['search_path', 'statement_timeout', 'idle_in_transaction_session_timeout', 'synchronous_commit']
    const [found] = await rows(
      programUrl,
      `select ${settings.map((name) => `current_setting('${name}') as ${name}`).join()}`,
    )
    expect(Object.values(found!)).toEqual(['parley', '5s', '10s', 'on'])
  })

  test('makes partitions though it owns none', async () => {
    const { programUrl } = await migrate({ ownerUrl: await anEmptyDatabase(), login })
    await expect(rows(programUrl, 'select make_partitions()')).resolves.toHaveLength(1)
  })

  test.each([
    ['superuser', 'is a superuser'],
    ['bypassrls', 'has BYPASSRLS'],
    ['role parley_owner', "owns Parley's tables"],
    ['synchronous_commit', 'has synchronous_commit = off'],
    ['parley_parts', 'may enter the schema parley_parts'],
  ])('is refused when it could do too much: %s', async (what, refusal) => {
    const ownerUrl = await anEmptyDatabase()
    const strong = { role: `${server.role}_${randomBytes(3).toString('hex')}`, password: 'strong' }
    const { programUrl } = await migrate({ ownerUrl, login: strong })
    ending.push(() => rows(ownerUrl, `drop owned by ${strong.role}; drop role ${strong.role}`))
    const owner = new URL(ownerUrl).username
    const gifts: Record<string, string> = {
      superuser: `alter role ${strong.role} superuser`,
      bypassrls: `alter role ${strong.role} bypassrls`,
      'role parley_owner': `grant ${owner} to ${strong.role}`,
      synchronous_commit: `alter role ${strong.role} set synchronous_commit = off`,
      parley_parts: `grant usage on schema parley_parts to ${strong.role}`,
    }
    await rows(ownerUrl, gifts[what]!)
    await expect(inspectProgramRole(programUrl)).rejects.toThrow(refusal)
  })

  test('is mended when somebody changed its password or its settings', async () => {
    const ownerUrl = await anEmptyDatabase()
    const own = { role: `${server.role}_${randomBytes(3).toString('hex')}`, password: 'own' }
    const { programUrl } = await migrate({ ownerUrl, login: own })
    ending.push(() => rows(ownerUrl, `drop owned by ${own.role}; drop role ${own.role}`))
    for (const change of ["password 'other'", 'nologin', 'reset statement_timeout']) {
      await rows(ownerUrl, `alter role ${own.role} ${change}`)
      await migrate({ ownerUrl, login: own })
      expect(await rows(programUrl, `select current_setting('statement_timeout') as timeout`)).toEqual([
        { timeout: '5s' },
      ])
    }
  })

  test('keeps its password in a file for us alone; PARLEY_KEY gives the same one on every machine', async () => {
    const [here, there] = [await aFolder(), await aFolder()]
    const mine = await programLogin(here)
    expect(await programLogin(here)).toEqual(mine)
    expect((await programLogin(there)).role).not.toBe(mine.role)
    expect((await stat(join(here, 'program.secret'))).mode & 0o777).toBe(0o600)
    const key = randomBytes(32)
    expect(await programLogin(here, key)).toEqual(await programLogin(there, key))
    const many = await Promise.all(Array.from({ length: 5 }, async () => programLogin(join(there, 'new'))))
    expect(new Set(many.map(({ role }) => role)).size).toBe(1)
  })
})

describe('the owner’s server', () => {
  test('may be somebody else’s, its owner an ordinary role: everything works, and the wall stands', async () => {
    const embedded = await startEmbedded({ dataDir: await aFolder() })
    ending.push(() => embedded.stop())
    await rows(embedded.url, `create role shop login createrole password 'p@ss/w:rd'`)
    await rows(embedded.url, 'create database shop owner shop')
    const ownerUrl = new URL(embedded.url)
    Object.assign(ownerUrl, { username: 'shop', password: encodeURIComponent('p@ss/w:rd'), pathname: '/shop' })
    for (let start = 0; start < 2; start++) await migrate({ ownerUrl: ownerUrl.href, login })

    const { programUrl } = await migrate({ ownerUrl: ownerUrl.href, login })
    const database = openDatabase({ url: programUrl })
    ending.push(() => database.close())
    const [ours, theirs] = [crypto.randomUUID(), crypto.randomUUID()].map((id) => WorkspaceId.parse(id))
    for (const workspace_id of [ours!, theirs!]) {
      await database.plumbing.insertInto('workspace_directory').values({ workspace_id }).execute()
      await database.inWorkspace(workspace_id, (tx) =>
        tx.insertInto('workspace').values({ workspace_id, name: 'Shop' }).execute(),
      )
    }
    expect(
      await database.inWorkspace(ours!, (tx) => tx.selectFrom('workspace').select('workspace_id').execute()),
    ).toEqual([{ workspace_id: ours }])

    // Rows of all workspaces, as docs/how-to/change-the-tables.md says: whoever reads meanwhile keeps nobody waiting.
    const folder = await aFolder()
    await cp(new URL('../migrations', import.meta.url), folder, { recursive: true })
    await writeFile(
      join(folder, '9999-rows.sql'),
      `do $$ declare each uuid; begin
         for each in select workspace_id from workspace_directory loop
           perform set_config('parley.workspace', each::text, true);
           update workspace set name = 'Renamed' where workspace_id = each;
         end loop;
       end $$`,
    )
    const nameOf = (workspace: WorkspaceId) =>
      database.inWorkspace(workspace, (tx) => tx.selectFrom('workspace').select('name').execute())
    await database.inWorkspace(ours!, async (tx) => {
      await tx.selectFrom('workspace').select('name').execute()
      await migrate({ ownerUrl: ownerUrl.href, login, folder })
    })
    expect([await nameOf(ours!), await nameOf(theirs!)].flat()).toEqual([{ name: 'Renamed' }, { name: 'Renamed' }])
  })

  test('that cannot be reached is named without its password', async () => {
    const failure = migrate({ ownerUrl: 'postgres://shop:hunter2@127.0.0.1:1/shop', login })
    await expect(failure).rejects.toThrow(StartFailure)
    await expect(failure).rejects.toThrow(
      'ECONNREFUSED 127.0.0.1:1. Look at DATABASE_URL (postgres://shop:…@127.0.0.1:1/shop)',
    )
  })

  test('that could lose a commit is refused', async () => {
    const ownerUrl = await anEmptyDatabase()
    await rows(ownerUrl, `alter database ${new URL(ownerUrl).pathname.slice(1)} set synchronous_commit = off`)
    await expect(migrate({ ownerUrl, login })).rejects.toThrow('The database has synchronous_commit = off')
  })

  test('whose role may not prepare the database is told what it needs', async () => {
    const ownerUrl = new URL(await anEmptyDatabase())
    const role = `weak_${randomBytes(3).toString('hex')}`
    await rows(server.ownerUrl, `create role ${role} login password 'weak'`)
    ending.push(() => rows(server.ownerUrl, `drop role ${role}`))
    Object.assign(ownerUrl, { username: role, password: 'weak' })
    await expect(migrate({ ownerUrl: ownerUrl.href, login })).rejects.toThrow(
      'needs CREATE on its database and CREATEROLE',
    )
  })
})

// ---------------------------------------------------------------- the world of these tests

async function anEmptyDatabase(): Promise<string> {
  const name = `parley_empty_${randomBytes(6).toString('hex')}`
  await rows(server.ownerUrl, `create database ${name}`)
  ending.push(() => rows(server.ownerUrl, `drop database ${name} with (force)`))
  const url = new URL(server.ownerUrl)
  url.pathname = `/${name}`
  return url.href
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-migrate-'))
  ending.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function files(texts: Record<string, string>): Promise<string> {
  const folder = await aFolder()
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text)
  return folder
}

async function rows(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
