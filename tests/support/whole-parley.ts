/**
 * The whole program on a database of its own, called over HTTP as outsiders do: its first owner is signed in by the set-up link.
 *
 * const telegram = await startTelegram()
 * afterAll(() => telegram.close())
 * const parley = await wholeParley({ reaches: [telegram.url] })
 * const channel = await parley.owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings: telegram.settings } })
 */
import { afterAll } from 'vitest'
import { createMember, createToken } from '#contract/calls/members.ts'
import type { MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import { createWorkspace } from '#server/members/accounts.ts'
import type { Permit } from '#server/platform/guarded-http/guarded-http.ts'
import { openLog } from '#server/platform/log.ts'
import { readSettings, type Settings } from '#server/platform/settings.ts'
import { startProgram, type Program } from '#server/program.ts'
import { clientOf, type Client } from './client.ts'
import { aDatabase, type TestDatabase } from './database.ts'
import { freePort } from './free-port.ts'
import { aFolder } from './parts.ts'
import { watch } from './told-on-failure.ts'

export interface WholeParley {
  readonly url: string
  /** Where its data is. */
  readonly data: string
  readonly test: TestDatabase
  readonly program: Program
  /** Every line it logged. */
  readonly log: readonly string[]
  /** The first owner, by the cookie of a session. */
  readonly owner: Client
  readonly stranger: Client
  /** Signs in with another account. */
  signIn(email: string, password?: string): Promise<Client>
  /** A member with this role, signed in. */
  member(role: 'admin' | 'supervisor' | 'agent' | 'viewer'): Promise<Client & { id: MemberId; email: string }>
  /** A program with a token of this role. */
  bot(role?: Exclude<Role, 'owner'>): Promise<Client & { token: string }>
  /** A further workspace with an owner of its own, signed in. */
  neighbour(): Promise<Client & { workspace: WorkspaceId }>
  /** Another program of the same Parley beside it: same database, same data, a port of its own. */
  twin(env?: Record<string, string>): Promise<{ url: string; program: Program; owner: Client }>
  /** Ends the program and starts it again, on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface WholeParleyOptions {
  /** Addresses of emulators and servers of this machine that it may reach. */
  reaches?: readonly string[]
  /** Further `PARLEY_…` settings. */
  env?: Record<string, string>
  echo?: boolean
  /** How often channels are checked, and their webhooks put right. */
  checkEveryMs?: number
  /** Where pictures of letters may come from. */
  pictures?: Permit
}

export const OWNER = { email: 'olga@shop.example', password: 'correct horse battery' }

export async function wholeParley({
  reaches = [],
  env = {},
  echo = false,
  checkEveryMs,
  pictures,
}: WholeParleyOptions = {}): Promise<WholeParley> {
  const test = await aDatabase()
  const data = await aFolder()
  const lines: string[] = []
  const log = openLog({ level: 'debug', write: (line) => void lines.push(line) })
  const settingsFor = async (more: Record<string, string>): Promise<Settings> =>
    readSettings({
      PARLEY_DATA: data,
      PARLEY_PORT: String(await freePort()),
      PARLEY_PRIVATE_HOSTS: reaches.map((url) => new URL(url).host).join(','),
      ...env,
      ...more,
    })
  const settings = await settingsFor({})
  const programs = new Set<Program>()
  const start = async (settled: Settings) => {
    const started = await startProgram(settled, test.programUrl, log, {
      echo,
      ...(pictures ? { pictures } : {}),
      ...(checkEveryMs ? { checkEveryMs } : {}),
    })
    programs.add(started)
    return started
  }
  let program = await start(settings)
  const stop = async () => {
    const left = []
    for (const each of programs) left.push(...(await each.stop()))
    programs.clear()
    if (left.length > 0) throw new Error(`the program did not end, it left: ${left.join(', ')}`)
  }
  afterAll(stop)
  watch(test, lines)

  const url = `http://127.0.0.1:${settings.port}`
  const origin = settings.url ?? url
  const stranger = clientOf(url)
  const setUp = await stranger.ask('POST', '/api/setup', {
    body: { token: program.setupUrl!.split('#')[1], workspace: 'Shop', name: 'Olga', ...OWNER },
  })
  const cookie = cookieOf(setUp)
  const owner = clientOf(url, { cookie, origin })

  async function signIn(email: string, password = OWNER.password): Promise<Client> {
    const response = await stranger.ask('POST', '/api/session', { body: { email, password } })
    return clientOf(url, { cookie: cookieOf(response), origin })
  }

  let people = 0
  return {
    url,
    data,
    test,
    get program() {
      return program
    },
    log: lines,
    owner,
    stranger,
    signIn,
    member: async (role) => {
      const email = `${role}${++people}@shop.example`
      const { id } = await owner.call(createMember, { body: { name: role, email, password: OWNER.password, role } })
      return { ...(await signIn(email)), id, email }
    },
    bot: async (role = 'bot') => {
      const { token } = await owner.call(createToken, { body: { name: 'Program', role } })
      return { ...clientOf(url, { authorization: `Bearer ${token}` }), token }
    },
    neighbour: async () => {
      const email = `owner${++people}@neighbour.example`
      const { workspace } = await createWorkspace(test.database, 'Neighbour', {
        name: 'Nina',
        email,
        password: OWNER.password,
        language: 'en',
      })
      return { ...(await signIn(email)), workspace }
    },
    twin: async (more = {}) => {
      const settled = await settingsFor(more)
      const started = await start(settled)
      const at = `http://127.0.0.1:${settled.port}`
      return { url: at, program: started, owner: clientOf(at, { cookie, origin: at }) }
    },
    restart: async () => {
      await program.stop()
      programs.delete(program)
      program = await start(settings)
    },
    stop,
  }
}

function cookieOf(response: Response): string {
  const [cookie] = response.headers.getSetCookie()
  if (!response.ok || !cookie) throw new Error(`signing in was answered with ${response.status}`)
  return cookie.split(';')[0]!
}
