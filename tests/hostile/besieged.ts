/** A whole Parley in a process of its own, with a database of its own, which is shot at and asked how it fares. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createToken, createWorkspace } from '#server/members/accounts.ts'
import { openDatabase } from '#server/platform/database.ts'
import { migrate } from '#server/platform/migrate.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { freePort } from '#tests/support/free-port.ts'
import type { Signs } from './vital-signs.ts'

export interface Besieged {
  readonly url: string
  /** Who may do everything there. */
  readonly owner: { readonly email: string; readonly password: string; readonly token: string }
  /** A call of the owner's program, said again where it was too many. `headers` may name another caller. */
  ask<Answer>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Makes a channel. @returns its id */
  channel(connector: string, settings: object, name?: string): Promise<string>
  query<Row>(statement: string, values?: unknown[]): Promise<Row[]>
  warm(): Promise<void>
  signs(): Promise<Signs>
  /** How it ended, if it did. */
  readonly ended: string | null
  /** The folder with its log. */
  readonly folder: string
  /** @param keep  leave the folder behind */
  stop(keep: boolean): Promise<void>
}

const START_MS = 120_000
const SIGNS_MS = 30_000

/** @param reaches  addresses of this machine that it may reach */
export async function besieged(reaches: readonly string[]): Promise<Besieged> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-hostile-'))
  const postgres = await startEmbedded({ dataDir: join(folder, 'database') })
  const key = randomBytes(32)
  const { programUrl } = await migrate({ ownerUrl: postgres.url, login: await programLogin(folder, key) })
  const owner = await anOwner(programUrl)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(join(folder, 'data'))
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL('./node.ts', import.meta.url))], {
    stdio: ['ignore', 'inherit', openSync(join(folder, 'parley.log'), 'a'), 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOSTILE_PROGRAM_URL: programUrl,
      PARLEY_KEY: key.toString('base64'),
      PARLEY_DATA: join(folder, 'data'),
      PARLEY_PORT: String(port),
      PARLEY_URL: url,
      // Strangers have addresses of their own, and say them as a proxy would.
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_PRIVATE_HOSTS: reaches.map((each) => new URL(each).host).join(','),
    },
  })
  let ended: string | null = null
  const gone = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      ended = `it ended with ${signal ?? code}`
      resolve()
    }),
  )
  const answer = (ms: number): Promise<unknown> =>
    Promise.race([
      new Promise((resolve) => child.once('message', resolve)),
      gone.then(() => Promise.reject(new Error(`${ended}: see ${folder}/parley.log`))),
      delay(ms, undefined, { ref: false }).then(() => Promise.reject(new Error('it does not answer any more'))),
    ])
  const behind = new pg.Client({ connectionString: postgres.url, options: '-c search_path=parley' })
  await behind.connect()
  const stop = async (keep: boolean) => {
    child.kill('SIGTERM')
    await Promise.race([gone, delay(20_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))])
    await behind.end()
    await postgres.stop()
    if (!keep) await rm(folder, { recursive: true, force: true })
  }
  const ask = async <Answer>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    for (;;) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${owner.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return JSON.parse(text) as Answer
      if (response.status !== 429) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
      await delay(Number(response.headers.get('retry-after') ?? 1) * 1_000)
    }
  }
  try {
    await answer(START_MS)
  } catch (error) {
    await stop(true)
    throw error
  }
  return {
    url,
    folder,
    get ended() {
      return ended
    },
    owner,
    ask,
    channel: async (connector, settings, name = connector) =>
      (await ask<{ id: string }>('POST', '/api/channels', { connector, name, settings })).id,
    query: async <Row>(statement: string, values?: unknown[]) => (await behind.query(statement, values)).rows as Row[],
    warm: async () => {
      child.send('warm')
      await answer(SIGNS_MS)
    },
    signs: async () => {
      child.send('signs')
      return (await answer(SIGNS_MS)) as Signs
    },
    stop,
  }
}

async function anOwner(programUrl: string): Promise<Besieged['owner']> {
  const database = openDatabase({ url: programUrl, connections: 2 })
  try {
    const known = { email: 'owner@example.org', password: randomBytes(9).toString('hex') }
    const { workspace } = await createWorkspace(database, 'Hostile', { name: 'Owner', language: 'en', ...known })
    const made = { name: 'hostile', role: 'owner', expiresAt: null } as const
    const { token } = await database.inWorkspace(workspace, (tx) => createToken(tx, workspace, made))
    return { ...known, token }
  } finally {
    await database.close()
  }
}
