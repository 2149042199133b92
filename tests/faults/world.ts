/**
 * The world of one run: PostgreSQL, two nodes, four accounts on a platform, and a proxy in each wire between them. It lies in a folder
 * and can be opened again where a run was cut short.
 *
 *   customers ⇄ platform ──▶ proxy ──▶ north, south ──▶ proxies ──▶ PostgreSQL
 *                   ▲                        │
 *                   └──────── proxy ◀────────┘
 */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createToken, createWorkspace } from '#server/members/accounts.ts'
import { openDatabase } from '#server/platform/database.ts'
import { migrate } from '#server/platform/migrate.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { freePort } from '#tests/support/free-port.ts'
import { meetFsync, mountSmallDisk, type SmallDisk } from './disk.ts'
import { untilWell } from './health.ts'
import { Skipped, type DiskTrouble, type World } from './killer.ts'
import { aNode, type ParleyNode } from './nodes.ts'
import type { Side, Wire } from './plan.ts'
import { startPlatform, type AccountOptions, type Platform } from './platform.ts'
import { startProxy, type Proxy } from './proxy.ts'
import { randomOf } from './random.ts'
import { endRecorded } from './recorded.ts'

const ACCOUNTS: readonly (AccountOptions & { connector: string })[] = [
  { name: 'honest', connector: 'pigeon', spiteful: false, folds: false },
  { name: 'honest-key', connector: 'courier', spiteful: false, folds: true },
  { name: 'spiteful', connector: 'pigeon', spiteful: true, folds: false },
  { name: 'spiteful-key', connector: 'courier', spiteful: true, folds: true },
]
const SIDES: readonly Side[] = ['north', 'south']
const DISK_MEGABYTES = 2_000
/** As strace has it; microseconds. */
const FSYNC: Record<Exclude<DiskTrouble, 'full disk'>, string> = {
  'slow disk': 'delay_enter=200000',
  'failing disk': 'error=EIO',
}
/** Longer than is wanted, so that a figure that is missed is told and not cut off. */
const WELL_MS = 180_000

export interface RunningWorld extends World {
  readonly platform: Platform
  readonly ownerUrl: string
  /** By the name of the account. */
  readonly channels: ReadonlyMap<string, string>
  postmaster(): number
  /** Where platforms reach the nodes. */
  hooks(): readonly string[]
  close(): Promise<void>
}

/** What must be the same when a world is opened again. */
interface Kept {
  key: string
  platformPort: number
  channels: [string, string][]
}

/** @param smallDisk  the database lies on a disk of its own in memory, which can be filled */
export async function openWorld(options: { folder: string; seed: number; smallDisk: boolean }): Promise<RunningWorld> {
  const { folder, seed } = options
  await endRecorded(folder)
  const file = join(folder, 'world.json')
  const kept = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Kept,
    () => null,
  )
  const key = kept ? Buffer.from(kept.key, 'base64') : randomBytes(32)
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    const dataDir = join(folder, 'database')
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const small = options.smallDisk ? await aSmallDisk(dataDir) : null
    if (small && !(small instanceof Skipped))
      closing.push(async () => {
        // What PostgreSQL said outlives its disk.
        await copyFile(join(dataDir, 'postgres', 'server.log'), join(folder, 'postgres.log')).catch(() => {})
        await small.remove()
      })
    const postgres = await startEmbedded({ dataDir })
    closing.push(() => postgres.stop())
    const platform = await startPlatform({
      port: await freePort(),
      folder,
      accounts: ACCOUNTS,
      random: randomOf(seed + 1),
    })
    closing.push(() => platform.close())

    const proxies = new Map<Wire, Proxy>()
    const proxy = async (wire: Wire, to: string, port = 0) => {
      const opened = await startProxy({ to: Number(new URL(to).port), port, random: randomOf(seed + 2 + proxies.size) })
      closing.push(() => opened.close())
      proxies.set(wire, opened)
      return opened.port
    }
    const toPlatform = await proxy('to platform', platform.url, kept?.platformPort)

    const { programUrl } = await migrate({ ownerUrl: postgres.url, login: await programLogin(folder, key) })
    const aSide = async (side: Side): Promise<ParleyNode> => {
      await mkdir(join(folder, side), { recursive: true })
      const toDatabase = new URL(programUrl)
      toDatabase.port = String(await proxy(`${side} to database`, programUrl))
      const env = {
        FAULTS_PROGRAM_URL: toDatabase.href,
        PARLEY_KEY: key.toString('base64'),
        PARLEY_PRIVATE_HOSTS: `127.0.0.1:${toPlatform}`,
      }
      const node = aNode(side, { folder, port: await freePort(), env, seed: seed + SIDES.indexOf(side) * 1_000 })
      await proxy(`platform to ${side}`, node.url)
      closing.push(() => Promise.all([node.stop(), node.close()]))
      return node
    }
    const nodes = { north: await aSide('north'), south: await aSide('south') }
    await Promise.all(SIDES.map((side) => nodes[side].start()))

    const channels = new Map(kept?.channels)
    if (!kept) {
      const token = await aToken(programUrl)
      for (const { name, connector } of ACCOUNTS)
        channels.set(name, await aChannel(nodes.north.url, token, connector, `http://127.0.0.1:${toPlatform}/${name}`))
      const made: Kept = { key: key.toString('base64'), platformPort: toPlatform, channels: [...channels] }
      await writeFile(file, JSON.stringify(made))
    }
    return {
      platform,
      ownerUrl: postgres.url,
      channels,
      nodes,
      postmaster: () => postgres.pid(),
      hooks: () => SIDES.map((side) => `http://127.0.0.1:${proxies.get(`platform to ${side}`)!.port}`),
      crashDatabase: async () => {
        const pid = postgres.pid()
        process.kill(pid, 'SIGQUIT')
        while (postgres.pid() === pid) await delay(20)
      },
      trouble: (wire, trouble) => proxies.get(wire)!.set(trouble),
      disk: async (trouble) => {
        if (trouble !== 'full disk') return meetFsync(postgres.pid(), FSYNC[trouble])
        if (small === null) throw new Skipped('the database lies on a disk of others')
        if (small instanceof Skipped) throw small
        await small.fill()
        return () => small.free()
      },
      untilWell: () =>
        untilWell(
          platform.journals.filter(({ account }) =>
            ACCOUNTS.some(({ name, spiteful }) => name === account && !spiteful),
          ),
          WELL_MS,
        ),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Or why there is none. */
async function aSmallDisk(folder: string): Promise<SmallDisk | Skipped> {
  try {
    return await mountSmallDisk(folder, DISK_MEGABYTES)
  } catch (error) {
    if (error instanceof Skipped) return error
    throw error
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
