/**
 * The PostgreSQL that Parley brings: a real server, a child process, its data under `PARLEY_DATA/postgres`.
 *
 *   PARLEY_DATA/parley.lock        held while Parley runs (hold-folder.ts)
 *   PARLEY_DATA/postgres.password  the owner's, random, for us alone
 *   PARLEY_DATA/postgres/data      the database
 *                       alive      the keeper's pipe (keeper.ts)
 *                       server.log
 *
 * hold the folder → choose an account → first time: initdb aside, then rename → adopt a running server, or start one
 * → while Parley runs: end it when it hangs, start it again whenever it ends → stop
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { makeFolder } from '../make-folder.ts'
import { StartFailure } from '../start-failure.ts'
import { type Account, chooseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { holdFolder } from './hold-folder.ts'
import { hung, type Patience } from './hung.ts'
import { keep, takeOver } from './keeper.ts'
import { disownStale, findRunning, readPostmaster } from './postmaster.ts'
import { serverSettings } from './server-settings.ts'

export interface Embedded {
  /** The owner's address; it stays the same while this object lives, over restarts of the server too. */
  readonly url: string
  /** The process id of the server that runs now. */
  pid(): number
  /** Ends the server in order: open transactions are rolled back, everything is written. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  readonly dataDir: string
  /** Told in a sentence when the server ended by itself and when it is back. */
  readonly onTrouble?: (sentence: string) => void
  /** It is at work by itself now, and this process has time; may be called twice, or not at all. */
  readonly onBusy?: () => void
  /** Until a server that does nothing counts as hanging. */
  readonly patience?: Patience
}

const PATIENCE: Patience = { lookMs: 3_000, hungMs: 15_000 }

const OWNER = 'parley_owner'
const DATABASE = 'parley'

const places = (dataDir: string) => {
  const folder = join(dataDir, 'postgres')
  return {
    folder,
    data: join(folder, 'data'),
    pipe: join(folder, 'alive'),
    log: join(folder, 'server.log'),
    password: join(dataDir, 'postgres.password'),
  }
}

const address = (password: string, port: number, database = DATABASE) =>
  `postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`

/** @throws StartFailure: another Parley holds the folder, the folder cannot be used, the server does not start. */
export async function startEmbedded({
  dataDir,
  onTrouble = () => {},
  onBusy = () => {},
  patience = PATIENCE,
}: EmbeddedOptions): Promise<Embedded> {
  const at = places(dataDir)
  await usable(dataDir, () => makeFolder(dataDir), MAKING_TROUBLES)
  const hold = await usable(dataDir, async () => holdFolder(dataDir))
  const stopping = new AbortController()
  try {
    await usable(dataDir, () => makeFolder(at.folder))
    const account = await chooseAccount(dataDir, at.folder, await findBinaries())
    await usable(dataDir, () => prepareFolder(dataDir, account, onBusy))
    const password = await readPassword(at.password)

    void (async () => {
      while (await hung(at.data, patience, stopping.signal)) {
        onTrouble('PostgreSQL hangs: it neither works nor recovers. Ending it')
        await endAtOnce(at.data)
      }
    })()
    let server = (await adopt(at, password)) ?? (await startWithPatience(at, account, await freePort(), onBusy))
    const { port } = server
    await ensureDatabase(password, port)

    const supervised = (async () => {
      for (;;) {
        await server.ended
        server.letGo()
        if (stopping.signal.aborted) return
        onTrouble('PostgreSQL ended by itself; starting it again')
        for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 5_000)) {
          try {
            server = await startWithPatience(at, account, port)
            onTrouble('PostgreSQL is back')
            break
          } catch (error) {
            onTrouble((error as Error).message)
            await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {})
            if (stopping.signal.aborted) return
          }
        }
        if (stopping.signal.aborted) await end(server)
      }
    })()

    return {
      url: address(password, port),
      pid: () => server.pid,
      stop: async () => {
        if (stopping.signal.aborted) return
        stopping.abort()
        await end(server)
        await supervised
        hold.release()
      },
    }
  } catch (error) {
    stopping.abort()
    hold.release()
    throw error
  }
}

/** The address of a server that runs on this folder now, for commands that work beside a running Parley. */
export async function attachEmbedded({
  dataDir,
}: {
  readonly dataDir: string
}): Promise<{ readonly url: string } | null> {
  const at = places(dataDir)
  const running = await findRunning(at.data).catch(() => null)
  if (!running?.ready) return null
  const password = await readFile(at.password, 'utf8').catch(() => null)
  return password === null ? null : { url: address(password.trim(), running.port) }
}

// ---------------------------------------------------------------- the folder

async function usable<T>(dataDir: string, work: () => Promise<T>, troubles = FOLDER_TROUBLES): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const advice = troubles[(error as NodeJS.ErrnoException).code ?? '']
    if (advice === undefined) throw error
    throw new StartFailure(`The data folder ${dataDir} (PARLEY_DATA) ${advice}`)
  }
}

const FOLDER_TROUBLES: Record<string, string> = {
  EACCES: 'may not be written: give it to the user that runs Parley.',
  EPERM: 'may not be written: give it to the user that runs Parley.',
  EROFS: 'is on a file system that is read-only: choose another.',
  ENOSPC: 'is on a full disk: make room.',
  EDQUOT: 'is over its quota: make room.',
  ENOTDIR: 'lies under something that is a file: choose another.',
  EEXIST: 'is a file, or a link that leads nowhere: choose another.',
}
/** Later it is a file of ours that is missing. */
const MAKING_TROUBLES = { ...FOLDER_TROUBLES, ENOENT: 'cannot be made there: choose another.' }

async function prepareFolder(dataDir: string, account: Account, onBusy: () => void): Promise<void> {
  const at = places(dataDir)
  const version = await readFile(join(at.data, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (version === null) return begin(at, account, onBusy)
  const major = account.binaries.version.split('.')[0]
  if (version.trim() !== major)
    throw new StartFailure(
      `${at.data} was made by PostgreSQL ${version.trim()}, and this Parley brings ${major}. ` +
        'Start the Parley that made it, run "parley backup", and restore that backup here.',
    )
}

/**
 * initdb works aside, and the rename is what makes it count: killed half-way, the next start begins anew. The name is another each time,
 * for the initdb of a killed Parley may still be at work.
 */
async function begin(at: ReturnType<typeof places>, account: Account, onBusy: () => void): Promise<void> {
  for (const left of await readdir(at.folder))
    if (left.startsWith('begun-')) await rm(join(at.folder, left), { recursive: true, force: true, maxRetries: 3 })
  const begun = join(at.folder, `begun-${randomBytes(4).toString('hex')}`)
  await mkdir(begun, { mode: 0o700 })
  await account.own(begun)

  const password = randomBytes(24).toString('base64url')
  await rm(at.password, { force: true })
  await writeFile(at.password, `${password}\n`, { mode: 0o600 })
  // initdb reads it under its own account.
  const passing = `${begun}.password`
  await writeFile(passing, password, { mode: 0o600 })
  await account.own(passing)
  try {
    const made = initdb(account, begun, passing)
    onBusy()
    await made
  } finally {
    await rm(passing, { force: true })
  }
  await rename(begun, at.data)
  await syncFolder(at.folder)
}

async function initdb({ binaries, ids, run }: Account, folder: string, password: string): Promise<void> {
  const options = [
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    // One call for the whole file system instead of a thousand for the files.
    ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
  ]
  const [command = '', ...args] = run([binaries.initdb, '-D', folder, '-U', OWNER, `--pwfile=${password}`, ...options])
  await promisify(execFile)(command, args, {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    ...ids,
  }).catch(({ stderr = '', message }: { stderr?: string; message: string }) => {
    const line = stderr.split('\n').find((text) => /FATAL|PANIC|error:/.test(text)) ?? message.split('\n')[0]
    throw new StartFailure(`PostgreSQL cannot begin its database in ${folder}: ${line}`)
  })
}

async function readPassword(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StartFailure(
      `${file} is missing or unreadable; without it nobody can enter the database. Restore it from a backup.`,
    )
  })
  return text.trim()
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

// ---------------------------------------------------------------- the server

interface Server {
  readonly pid: number
  readonly port: number
  readonly ended: Promise<void>
  readonly letGo: () => void
}

/** A server whose Parley was killed goes on for a few seconds: ours from now on. One that cannot be adopted is ended. */
async function adopt(at: ReturnType<typeof places>, password: string): Promise<Server | null> {
  const running = await findRunning(at.data)
  if (!running) return null
  const keeper = takeOver(at.pipe)
  if (keeper && (await answers(address(password, running.port, 'postgres'))))
    return { ...running, ended: gone(at.data, running.pid), letGo: keeper.letGo }
  keeper?.letGo()
  await end({ pid: running.pid, ended: gone(at.data, running.pid) })
  return null
}

/** Not our child, so nobody tells us of its end. */
async function gone(folder: string, pid: number): Promise<void> {
  while ((await findRunning(folder))?.pid === pid) await delay(200, undefined, { ref: false })
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    )
}

/** After a SIGKILL the dead server's children still hold its memory for a moment, and a new one refuses to start: again, for 10 s. */
async function startWithPatience(
  at: ReturnType<typeof places>,
  account: Account,
  port: number,
  onBusy = () => {},
): Promise<Server> {
  const until = performance.now() + 10_000
  for (;;) {
    try {
      return await start(at, account, port, onBusy)
    } catch (error) {
      if (
        !(error instanceof StartFailure) ||
        performance.now() > until ||
        !/lock file|shared memory/.test(error.message)
      )
        throw error
      await delay(200)
    }
  }
}

async function start(
  at: ReturnType<typeof places>,
  account: Account,
  port: number,
  onBusy: () => void,
): Promise<Server> {
  // Still there after its keeper was killed: nobody would end it with us.
  const alone = await findRunning(at.data)
  if (alone) await end({ ...alone, ended: gone(at.data, alone.pid) })
  await disownStale(at.data)
  await limitLog(at.log)
  const before = await sizeOf(at.log)
  const settings = Object.entries({ ...serverSettings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const kept = keep(at.pipe, at.log, account, [account.binaries.postgres, '-D', at.data, ...settings])
  onBusy()
  let hasEnded = false
  void kept.ended.then(() => (hasEnded = true))
  while (!hasEnded) {
    const postmaster = await readPostmaster(at.data)
    // Recovery after a crash may take long: there is no limit, the log tells.
    if (postmaster?.ready && postmaster.port === port) return { pid: postmaster.pid, port, ...kept }
    await delay(15)
  }
  kept.letGo()
  const said = (await readFile(at.log).catch(() => Buffer.of())).subarray(before).toString()
  throw new StartFailure(`PostgreSQL does not start: ${reasonIn(said)} (more in ${at.log})`)
}

const reasonIn = (log: string) => {
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const line = lines.findLast((text) => /FATAL|PANIC/.test(text)) ?? lines.at(-1) ?? 'it said nothing'
  return line.replace(/^.*?(FATAL|PANIC):\s*/, '')
}

type Ending = Pick<Server, 'pid' | 'ended'>
type Step = readonly [signal: NodeJS.Signals, waitMs: number]

/** "Fast": roll back and write all. */
const IN_ORDER: Step = ['SIGINT', 30_000]
/** Recover at the next start. */
const AT_ONCE: Step = ['SIGQUIT', 10_000]
/** For one that hears nothing any more. Its children notice that it is gone. */
const BY_FORCE: Step = ['SIGKILL', 10_000]

const end = (server: Ending) => signalled(server, [IN_ORDER, AT_ONCE])

async function endAtOnce(folder: string): Promise<void> {
  const running = await findRunning(folder)
  if (running) await signalled({ ...running, ended: gone(folder, running.pid) }, [AT_ONCE, BY_FORCE])
}

async function signalled({ pid, ended }: Ending, steps: readonly Step[]): Promise<void> {
  for (const [signal, waitMs] of steps) {
    try {
      process.kill(pid, signal)
    } catch {
      // it has ended already
    }
    const patience = new AbortController()
    const inTime = await Promise.race([
      ended.then(() => true),
      delay(waitMs, false, { signal: patience.signal }).catch(() => false),
    ])
    patience.abort()
    if (inTime) return
  }
}

async function ensureDatabase(password: string, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: address(password, port, 'postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE} strategy wal_log`)
  } finally {
    await client.end()
  }
}

/** A free port below those that the kernel hands to outgoing connections, so that nobody takes it while the server restarts. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (free) {
      await new Promise((resolve) => server.close(resolve))
      return port
    }
  }
}

const LOG_BYTES = 1_000_000
const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

async function limitLog(log: string): Promise<void> {
  if ((await sizeOf(log)) > LOG_BYTES) await rename(log, `${log}.old`)
}
