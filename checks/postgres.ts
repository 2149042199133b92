/**
 * One PostgreSQL for a test run: the embedded server in a temporary folder, or the one of DATABASE_URL_TEST (its role must be allowed to
 * make databases and roles). One template database is migrated; each test file gets a copy (tests/support/database.ts).
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../server/platform/migrate.ts'
import { startEmbedded } from '../server/platform/postgres/embedded.ts'
import { programLogin } from '../server/platform/program-role.ts'

export interface TestServer {
  /** The owner's address of the server's first database. */
  readonly ownerUrl: string
  /** The migrated database that copies are made of. */
  readonly template: string
  readonly role: string
  readonly password: string
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const foreign = process.env.DATABASE_URL_TEST
  const embedded = foreign ? null : await startEmbedded({ dataDir: folder })
  const ownerUrl = foreign ?? embedded!.url
  const template = `parley_template_${randomBytes(4).toString('hex')}`
  const login = await programLogin(folder)

  const owner = new pg.Client(ownerUrl)
  const end = async () => {
    // Copies too: a test file that was cut off could not drop its own.
    const { rows } = await owner.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [template],
    )
    for (const { name } of rows) await owner.query(`drop database ${name} with (force)`)
    if (foreign) await owner.query(`drop role if exists ${login.role}`)
    await owner.end()
    await embedded?.stop()
    await rm(folder, { recursive: true, force: true })
  }

  await owner.connect()
  try {
    await owner.query(`create database ${template}`)
    await migrate({ ownerUrl: inDatabase(ownerUrl, template), login })
  } catch (error) {
    // vitest would wait for the server for ever.
    await end()
    throw error
  }
  project.provide('testServer', { ownerUrl, template, ...login })
  return end
}

export function inDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}
