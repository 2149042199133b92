/** "Your own PostgreSQL" of docs/how-to/run-on-a-server.md, followed to the letter on the packages of the distribution. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { listConversations, sendMessage } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { parley, setUp, startParley } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'
import { installedPostgres, startOwnPostgres } from './own-postgres.ts'

const found = await installedPostgres()
if ('whyNot' in found) console.log(`skipped: a PostgreSQL of one's own. ${found.whyNot}`)
const HOW_TO = new URL('../../docs/how-to/run-on-a-server.md', import.meta.url)

test.skipIf('whyNot' in found)(
  'Parley lives in a database of one’s own, with a role that is no superuser: messages come and go, and a restart finds them',
  async () => {
    const server = await startOwnPostgres((found as { version: number }).version)
    onTestFinished(server.stop)
    const telegram = await startTelegram()
    onTestFinished(() => telegram.close())
    await asAdmin(server.adminUrl, await statementsOfThePage())

    const home = await mkdtemp(join(tmpdir(), 'parley-own-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    const env = {
      PARLEY_DATA: home,
      DATABASE_URL: `postgres://parley_owner:of-the-page@127.0.0.1:${server.port}/parley`,
      PARLEY_PRIVATE_HOSTS: new URL(telegram.url).host,
    }
    const running = await startParley(env)
    onTestFinished(async () => void (await running.stop('SIGKILL')))
    const owner = await setUp(running.url, env)
    await owner.call(createChannel, {
      body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'polling' } },
    })
    const ann = telegram.phone('Ann')
    await ann.say(plain('Do you sell tea?'))
    const conversation = await until(async () => (await owner.call(listConversations, { query: {} })).items[0], 20_000)
    await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'We do.' } })
    await until(() => JSON.stringify(ann.sees()).includes('We do.'), 20_000)
    expect(await running.stop()).toBe(0)

    const again = await startParley(env)
    onTestFinished(async () => void (await again.stop('SIGKILL')))
    const { items } = await again.stranger
      .as({ authorization: `Bearer ${owner.token}` })
      .call(listConversations, { query: {} })
    expect(items.map(({ name }) => name)).toEqual(['Ann'])
    const { findings } = JSON.parse((await parley(['doctor', '--json'], env)).out) as {
      findings: { about: string; level: string }[]
    }
    expect(findings.filter(({ level, about }) => level === 'bad' && about !== 'window')).toEqual([])
    expect(await again.stop()).toBe(0)

    // Everything is in Parley's own schemas, and what serves requests is neither the owner nor free of row-level security.
    const [schemas] = await asAdmin(onParley(server.adminUrl), [
      `select array_agg(distinct schemaname order by schemaname) as names from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    ])
    expect(schemas).toEqual({ names: '{parley,parley_parts}' })
    const roles = await asAdmin(server.adminUrl, [
      `select rolname as name from pg_roles where rolname like 'parley%' and (rolsuper or rolbypassrls)`,
    ])
    expect(roles).toEqual([])
  },
  180_000,
)

/** The block of SQL under the heading, with a password where the page leaves it out. */
async function statementsOfThePage(): Promise<string[]> {
  const page = await readFile(HOW_TO, 'utf8')
  const block = /## Your own PostgreSQL\n[\s\S]*?```\n([\s\S]*?)```/.exec(page)![1]!
  return block.replaceAll('…', 'of-the-page').trim().split('\n')
}

const onParley = (url: string): string => url.replace(/\/postgres$/, '/parley')

async function asAdmin(url: string, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
