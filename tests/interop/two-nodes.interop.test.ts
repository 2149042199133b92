/**
 * "Several machines" of docs/how-to/run-on-a-server.md: real processes on one real PostgreSQL behind a balancer, a customer who goes on
 * talking, and a window that stays open. Whatever happens to a node: the window shows every message once, in order, without a reload, and
 * every answer comes once.
 */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Page } from '@playwright/test'
import { afterAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { changeMe } from '#contract/calls/members.ts'
import { plain, wordsOf } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { aBuiltWindow } from '#tests/support/built-window.ts'
import { clientOf } from '#tests/support/client.ts'
import { freePort } from '#tests/support/free-port.ts'
import { startParley, type Running } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'
import { OWNER } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'
import { aBalancer } from './balancer.ts'
import { olderParley } from './older-parley.ts'
import { installedPostgres, startOwnPostgres } from './own-postgres.ts'

const PATIENCE_MS = 90_000
/** Longer than a lease is valid, than its beat may stand still, and than a window waits for a line's. */
const FROZEN_MS = 45_000
const SAYS_EVERY_MS = 300

const found = await installedPostgres()
const whyNot = 'whyNot' in found ? found.whyNot : null
if (whyNot !== null) console.log(`skipped: two nodes. ${whyNot}`)
const older = await olderParley()
if ('whyNot' in older) console.log(`skipped: an older node beside a newer one. ${older.whyNot}`)
else afterAll(() => rm(older.folder, { recursive: true, force: true }))
if (whyNot === null) await aBuiltWindow()
const browser = await aBrowser()

describe.skipIf(whyNot !== null)('two nodes, one window', () => {
  test('divided by roles: what one takes the other reads and sends', async () => {
    const north = { PARLEY_ROLES: 'web,ingest' }
    const south = { PARLEY_ROLES: 'worker,sender,scheduler' }
    const cluster = await aCluster()
    await cluster.start('north', north)
    await cluster.start('south', south)
    const talk = await cluster.talk()
    await talk.hears(3)
    await talk.answers('From the window')
    expect(await talk.ending()).toEqual(talk.wanted())
  }, 240_000)

  test('restarted one after the other while both talk', async () => {
    const cluster = await aCluster()
    await cluster.start('north')
    await cluster.start('south')
    const talk = await cluster.talk()
    const silence = talk.goOn()
    for (const name of ['north', 'south']) {
      await cluster.stop(name)
      await talk.answers(`While ${name} is away`)
      await cluster.start(name)
      await talk.answers(`After ${name} came back`)
    }
    await silence()
    expect(await talk.ending()).toEqual(talk.wanted())
  }, 360_000)

  test('frozen beyond its lease and woken again, with the window hanging on it', async () => {
    const cluster = await aCluster()
    await cluster.start('north')
    const talk = await cluster.talk()
    // The window and the channel are north's; south is there to take both.
    await cluster.start('south')
    expect(cluster.socketsOf('north')).toBe(1)
    const silence = talk.goOn()
    const woken = cluster.freeze('north', FROZEN_MS)
    await until(() => cluster.socketsOf('south') === 1, PATIENCE_MS)
    await talk.answers('South sends this')
    await woken
    await talk.answers('North is back')
    await silence()
    expect(await talk.ending()).toEqual(talk.wanted())
  }, 360_000)

  test.skipIf('whyNot' in older)(
    'the older version beside the newer one, then the newer alone',
    async () => {
      const { bin, unknown } = older as Exclude<typeof older, { whyNot: string }>
      const cluster = await aCluster()
      await cluster.start('north', {}, bin)
      expect(await cluster.knows(unknown), 'the older one has not brought it').toBe(false)
      const talk = await cluster.talk()
      await talk.hears(2)
      const silence = talk.goOn()
      await cluster.start('south')
      expect(await cluster.knows(unknown)).toBe(true)
      for (let time = 1; time <= 4; time++) await talk.answers(`Both serve, ${time}`)
      await cluster.stop('north')
      await talk.answers('The newer alone')
      await silence()
      expect(await talk.ending()).toEqual(talk.wanted())
    },
    360_000,
  )
})

/** A database, a balancer and no node yet. */
async function aCluster() {
  const server = await startOwnPostgres((found as { version: number }).version)
  onTestFinished(server.stop)
  await asAdmin(server.adminUrl, `create role parley_owner login createrole password 'of-the-test'`)
  await asAdmin(server.adminUrl, 'create database parley owner parley_owner')
  const balancer = await aBalancer()
  onTestFinished(balancer.close)
  const telegram = await startTelegram()
  onTestFinished(() => telegram.close())
  const home = await mkdtemp(join(tmpdir(), 'parley-nodes-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  await mkdir(join(home, 'files'))
  const nodes = new Map<string, { port: number; running: Running | undefined }>()
  const env = {
    DATABASE_URL: `postgres://parley_owner:of-the-test@127.0.0.1:${server.port}/parley`,
    PARLEY_KEY: Buffer.alloc(32, 7).toString('base64'),
    PARLEY_URL: balancer.url,
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
    PARLEY_PRIVATE_HOSTS: new URL(telegram.url).host,
  }
  let setupToken = ''
  onTestFailed(() => {
    for (const [name, { running }] of nodes)
      console.log(`${name}, the end of its log:\n${running!.log().slice(-4_000)}`)
  })

  async function start(name: string, more: Record<string, string> = {}, bin?: string): Promise<void> {
    const data = join(home, name)
    const port = nodes.get(name)?.port ?? (await freePort())
    if (!nodes.has(name)) {
      await mkdir(data)
      await symlink(join(home, 'files'), join(data, 'files'))
    }
    const running = await startParley({ ...env, PARLEY_DATA: data, PARLEY_PORT: String(port), ...more }, [], bin)
    nodes.set(name, { port, running })
    onTestFinished(async () => void (await running.stop('SIGKILL')))
    setupToken ||= /\/setup#(\S+)/.exec(running.printed())?.[1] ?? ''
    balancer.stands([...nodes.values()].filter(({ running: now }) => now?.url).map((node) => node.port))
  }

  const pidOf = (name: string): number => nodes.get(name)!.running!.pid

  return {
    start,
    stop: async (name: string) => {
      expect(await nodes.get(name)!.running!.stop(), `${name} ends in order`).toBe(0)
    },
    freeze: async (name: string, ms: number) => {
      process.kill(pidOf(name), 'SIGSTOP')
      await delay(ms)
      process.kill(pidOf(name), 'SIGCONT')
    },
    socketsOf: (name: string) => balancer.socketsOf(nodes.get(name)!.port),
    knows: async (migration: string) => {
      const asked = `select from parley.migration where file = '${migration}'`
      return (await asAdmin(server.adminUrl.replace(/\/postgres$/, '/parley'), asked)).length > 0
    },
    /** An owner with a window, and a customer. */
    talk: async () => {
      const stranger = clientOf(balancer.url)
      const made = await stranger.ask('POST', '/api/setup', {
        body: { token: setupToken, workspace: 'Shop', name: 'Olga', ...OWNER },
      })
      expect(made.status).toBeLessThan(300)
      const cookie = made.headers.getSetCookie()[0]!.split(';')[0]!
      const owner = stranger.as({ cookie, origin: balancer.url })
      await owner.call(changeMe, { body: { preferences: { undoSeconds: 0 } } })
      const { id } = await owner.call(createChannel, {
        body: { connector: 'telegram', name: 'Bot', settings: { ...telegram.settings, receive: 'webhook' } },
      })
      await until(async () => (await owner.call(getChannel, { params: { id } })).state === 'ready', PATIENCE_MS)
      const { page } = await openWindow(browser, balancer, { path: '/inbox?view=all' })
      page.setDefaultTimeout(PATIENCE_MS)
      return aTalk(page, telegram.phone('Ann'))
    },
  }
}

type Ann = ReturnType<Awaited<ReturnType<typeof startTelegram>>['phone']>

/** In the page: `shown`, the numbers of her messages in the order in which they first stood there; the list itself draws only what is near. */
const NOTES_WHAT_IS_SHOWN = `
  shown = []
  const note = () => {
    for (const { textContent } of document.querySelectorAll('article')) {
      const number = Number(/Ann says (\\d+)\\./.exec(textContent)?.[1] ?? 0)
      if (number > 0 && !shown.includes(number)) shown.push(number)
    }
  }
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true })
  note()`

/** Ann numbers what she says; the window notes what it shows, when it first shows it. */
async function aTalk(page: Page, ann: Ann) {
  let said = 0
  const answers: string[] = []
  let loads = 0
  const say = () => ann.say(plain(`Ann says ${++said}.`))
  await say()
  await page.getByRole('list', { name: 'Conversations' }).getByRole('button', { name: 'Ann' }).click()
  await page.getByRole('region', { name: 'Conversation with Ann' }).waitFor()
  page.on('load', () => loads++)
  await page.evaluate(NOTES_WHAT_IS_SHOWN)
  const shown = () => page.evaluate<number[]>('shown')
  const numbers = () => Array.from({ length: said }, (_, index) => index + 1)
  const allShown = () => until(async () => (await shown()).length === said, PATIENCE_MS)
  const came = () =>
    ann
      .sees()
      .filter(({ from }) => from === 'us')
      .map(({ content }) => wordsOf(content))

  return {
    hears: async (count: number) => {
      for (let time = 0; time < count; time++) await say()
      await allShown()
    },
    /** @returns how to end it */
    goOn: () => {
      let goesOn = true
      const talking = (async () => {
        for (; goesOn; await delay(SAYS_EVERY_MS)) await say()
      })()
      return async () => {
        goesOn = false
        await talking
      }
    },
    /** Written in the window; waited for on the phone. */
    answers: async (words: string) => {
      answers.push(words)
      const composer = page.getByRole('textbox', { name: 'Reply', exact: true })
      await composer.fill(words)
      await composer.press('Control+Enter')
      // She goes on talking: then the window asks whether the answer still fits.
      const anyway = page.getByRole('button', { name: 'Send anyway' })
      await until(async () => {
        if (await anyway.isVisible()) await anyway.click({ timeout: 1_000 }).catch(() => {})
        return came().includes(words)
      }, PATIENCE_MS)
    },
    /** What became of it, when all that was said is shown and nothing more comes. */
    ending: async () => {
      await allShown()
      await delay(2_000)
      return { shown: await shown(), came: came(), loads }
    },
    /** Each of her messages once and in order, each answer too, in a window that was never loaded again. */
    wanted: () => ({ shown: numbers(), came: answers, loads: 0 }),
  }
}

async function asAdmin(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
