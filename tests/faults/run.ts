/**
 * `npm run faults -- --seed N --faults K [--chats C] [--pause MS] [--ahead N] [--smoke] [--keep]`: real processes, a real PostgreSQL, a platform
 * that drives them and one that is spiteful, a killer, and a checker over three journals.
 *
 * PostgreSQL → two nodes → four channels → customers talk while things break → hush → everything settles → check
 * Red ends with `seed=… layer=processes step=…`, leaves its folder behind and exits with 1.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createToken, createWorkspace } from '#server/members/accounts.ts'
import { openDatabase } from '#server/platform/database.ts'
import { migrate } from '#server/platform/migrate.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { freePort } from '#tests/support/free-port.ts'
import { check, settled } from './checker.ts'
import { FULL, SMOKE, wreak } from './killer.ts'
import { aNode, type ParleyNode } from './nodes.ts'
import { startPlatform, type AccountOptions } from './platform.ts'
import { randomOf } from './random.ts'

const ACCOUNTS: readonly (AccountOptions & { connector: string })[] = [
  { name: 'honest', connector: 'pigeon', spiteful: false, folds: false },
  { name: 'honest-key', connector: 'courier', spiteful: false, folds: true },
  { name: 'spiteful', connector: 'pigeon', spiteful: true, folds: false },
  { name: 'spiteful-key', connector: 'courier', spiteful: true, folds: true },
]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomBytes(3).readUIntBE(0, 3)) },
    faults: { type: 'string', default: '20' },
    chats: { type: 'string', default: '12' },
    pause: { type: 'string', default: '40' },
    ahead: { type: 'string', default: '4' },
    rest: { type: 'string', default: '700' },
    smoke: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const faults = Number(values.faults)
let step = 0
const folder = await mkdtemp(join(tmpdir(), 'parley-faults-'))
const began = performance.now()
const say = (words: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${words}`)

const broken = await run().catch((error: unknown) => [
  error instanceof Error ? (error.stack ?? error.message) : 'unknown',
])
if (broken.length > 0) {
  for (const words of broken.slice(0, 40)) console.log(`   ✗ ${words}`)
  if (broken.length > 40) console.log(`   … and ${broken.length - 40} more`)
  console.log(`red: seed=${seed} layer=processes step=${step}  logs: ${folder}`)
  process.exitCode = 1
} else console.log(`green: seed=${seed} faults=${faults}`)
if (broken.length === 0 && !values.keep) await rm(folder, { recursive: true, force: true })

async function run(): Promise<string[]> {
  const random = randomOf(seed)
  say(`seed ${seed}, ${faults} faults, logs in ${folder}`)
  const postgres = await startEmbedded({ dataDir: join(folder, 'database') })
  const nodes: ParleyNode[] = []
  const platform = await startPlatform({ port: await freePort(), accounts: ACCOUNTS, random: randomOf(seed + 1) })
  try {
    const key = randomBytes(32)
    const login = await programLogin(folder, key)
    const { programUrl } = await migrate({ ownerUrl: postgres.url, login })
    const token = await aToken(programUrl)
    for (const name of ['north', 'south']) {
      await mkdir(join(folder, name))
      const env = {
        FAULTS_PROGRAM_URL: programUrl,
        PARLEY_KEY: key.toString('base64'),
        PARLEY_PRIVATE_HOSTS: new URL(platform.url).host,
      }
      nodes.push(aNode(name, { folder, port: await freePort(), env }))
    }
    await Promise.all(nodes.map((node) => node.start()))
    const channels = new Map<string, string>()
    for (const { name, connector } of ACCOUNTS) {
      const channel = await aChannel(nodes[0]!.url, token, connector, `${platform.url}/${name}`)
      channels.set(name, channel)
    }
    say('two nodes are ready, customers talk')
    platform.talk({
      chats: Number(values.chats),
      pauseMs: Number(values.pause),
      ahead: Number(values.ahead),
      nodes: () => nodes.map(({ url }) => url),
    })
    await delay(1_000)
    const done = await wreak(
      {
        nodes,
        crashDatabase: async () => {
          const pid = postgres.pid()
          process.kill(pid, 'SIGQUIT')
          while (postgres.pid() === pid) await delay(20)
        },
      },
      {
        faults,
        plan: values.smoke ? SMOKE : FULL,
        random,
        restMs: Number(values.rest),
        told: (at, what) => {
          step = at
          const count = (of: (journal: (typeof platform.journals)[number]) => number) =>
            platform.journals.reduce((sum, journal) => sum + of(journal), 0)
          say(
            `${String(at).padStart(4)}/${faults} ${what.padEnd(26)} acknowledged ${count((j) => j.said.length)}, received ${count((j) => j.received.length)}`,
          )
        },
      },
    )
    await platform.hush()
    say('customers are silent; what is on its way arrives')
    const still = await settled(postgres.url, (waiting) => say(`     waiting: ${waiting}`))
    const findings = await check(postgres.url, platform.journals, channels)
    say(`${JSON.stringify({ ...done, ...findings.counts })}`)
    return [...(still ? [`it stands still: ${still}`] : []), ...findings.broken]
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await platform.close()
    await postgres.stop()
  }
}

async function aToken(programUrl: string): Promise<string> {
  const database = openDatabase({ url: programUrl, connections: 2 })
  try {
    const owner = {
      name: 'Owner',
      email: 'owner@example.org',
      password: randomBytes(9).toString('hex'),
      language: 'en',
    }
    const { workspace } = await createWorkspace(database, 'Faults', owner as Parameters<typeof createWorkspace>[2])
    const { token } = await database.inWorkspace(workspace, (tx) =>
      createToken(tx, workspace, { name: 'faults', role: 'owner', expiresAt: null }),
    )
    return token
  } finally {
    await database.close()
  }
}

async function aChannel(url: string, token: string, connector: string, apiUrl: string): Promise<string> {
  const answer = await fetch(`${url}/api/channels`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ connector, name: connector, settings: { apiUrl } }),
  })
  const body = (await answer.json()) as { id?: string }
  if (!body.id) throw new Error(`no channel of ${connector}: ${JSON.stringify(body)}`)
  return body.id
}
