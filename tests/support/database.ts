/** A database of its own for a test file: a copy of the migrated template, used as the program's role, dropped afterwards. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { type Database, openDatabase } from '#server/platform/database.ts'

export interface TestDatabase {
  /** As the program sees it. */
  readonly database: Database
  readonly programUrl: string
  /** As the owner sees it: for looking behind the wall, for breaking things. */
  readonly ownerUrl: string
  /** A statement of the owner, in the program's schema. */
  asOwner<Row extends pg.QueryResultRow = Record<string, unknown>>(
    statement: string,
    values?: unknown[],
  ): Promise<Row[]>
}

/** Call it once at the top of a test file, or in `beforeAll`. */
export async function aDatabase(): Promise<TestDatabase> {
  const server = inject('testServer')
  const name = `${server.template}_${randomBytes(6).toString('hex')}`
  await once(server.ownerUrl, `create database ${name} template ${server.template} strategy wal_log`)

  const ownerUrl = new URL(server.ownerUrl)
  ownerUrl.pathname = `/${name}`
  const programUrl = new URL(ownerUrl)
  programUrl.username = server.role
  programUrl.password = server.password

  const database = openDatabase({ url: programUrl.href })
  afterAll(async () => {
    await database.close().catch(() => {})
    await once(server.ownerUrl, `drop database ${name} with (force)`)
  })
  return {
    database,
    programUrl: programUrl.href,
    ownerUrl: ownerUrl.href,
    asOwner: (statement, values) => once(ownerUrl.href, statement, values),
  }
}

async function once<Row extends pg.QueryResultRow>(url: string, statement: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=parley' })
  await client.connect()
  try {
    return (await client.query<Row>(statement, values)).rows
  } finally {
    await client.end()
  }
}
