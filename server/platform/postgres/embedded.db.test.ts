import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  aFailure,
  aFolder,
  aParley,
  asRoot,
  ending,
  query,
  read,
  standIn,
  until,
  write,
} from '#tests/support/embedded-world.ts'
import { attachEmbedded, startEmbedded } from './embedded.ts'
import { findRunning } from './postmaster.ts'

describe('starting', () => {
  test('a start and a later one, in a path with spaces and Cyrillic letters', async () => {
    const dataDir = await aFolder('мои данные/и ещё')
    const first = await aParley(dataDir)
    await write(first.url, 'kept')
    await first.stop()

    const later = await aParley(dataDir)
    expect(await read(later.url)).toEqual(['kept'])
    await later.stop()
    expect(await findRunning(join(dataDir, 'postgres/data'))).toBeNull()
  })

  test('two on one machine do not meet', async () => {
    const [one, other] = await Promise.all([aParley(await aFolder()), aParley(await aFolder())])
    await write(one.url, 'one')
    expect(await read(other.url)).toEqual([])
  })

  test('only who has the password comes in, and only over loopback', async () => {
    const dataDir = await aFolder()
    const { url } = await aParley(dataDir)
    const wrong = new URL(url)
    wrong.password = 'guess'
    await expect(read(wrong.href)).rejects.toThrow('password authentication failed')
    const settings = await query(
      url,
      `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories')`,
    )
    expect(settings).toEqual([
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'unix_socket_directories', setting: '' },
    ])
    for (const [file, mode] of [
      ['postgres.password', 0o600],
      ['postgres/data', 0o700],
      ['', 0o700],
    ] as const)
      expect((await stat(join(dataDir, file))).mode & 0o777).toBe(mode)
  })

  test('nothing that was committed can be lost to a setting', async () => {
    const { url } = await aParley(await aFolder())
    const settings = await query(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') order by 1`,
    )
    expect(settings.map((row) => Object.values(row))).toEqual([
      ['data_checksums', 'on'],
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['synchronous_commit', 'on'],
    ])
  })

  test('a start that was killed during the very first one leaves nothing in the way', async () => {
    const dataDir = await aFolder()
    for (let turn = 0; turn < 3; turn++) {
      const child = standIn(dataDir)
      await until(async () =>
        (await readdir(join(dataDir, 'postgres')).catch(() => [])).some((name) => name.startsWith('begun-')),
      )
      await delay(turn * 100) // anywhere in initdb
      child.process.kill('SIGKILL')
      await child.exited
    }
    const { url } = await aParley(dataDir)
    await write(url, 'works')
    expect((await readdir(join(dataDir, 'postgres'))).filter((name) => name.startsWith('begun-'))).toEqual([])
  })
})

describe('one Parley per folder', () => {
  test('the second stops with a line that names the first', async () => {
    const dataDir = await aFolder()
    const first = await aParley(dataDir)
    const failure = await aFailure(dataDir)
    expect(failure).toContain(
      `Another Parley (process ${first.process.pid}) already runs on the data folder ${dataDir}`,
    )
    expect(await read(first.url)).toEqual([])
  })

  test('of two first starts at once one wins', async () => {
    const dataDir = await aFolder()
    const said = await Promise.all([standIn(dataDir), standIn(dataDir)].map(({ said: line }) => line))
    expect(said.filter(({ url }) => url !== undefined)).toHaveLength(1)
    expect(said.filter(({ failure }) => failure?.includes('Another Parley'))).toHaveLength(1)
  })

  test('a command beside it attaches, and finds nothing when nothing runs', async () => {
    const dataDir = await aFolder()
    expect(await attachEmbedded({ dataDir })).toBeNull()
    const parley = await aParley(dataDir)
    expect(await attachEmbedded({ dataDir })).toEqual({ url: parley.url })
    await parley.stop()
    expect(await attachEmbedded({ dataDir })).toBeNull()
  })
})

describe('one clear line', () => {
  test.runIf(asRoot)('for a folder that may not be written', async () => {
    const folder = await aFolder()
    const failure = await aFailure(join(folder, 'data'), { uid: 1, gid: 1 })
    expect(failure).toBe(
      `The data folder ${folder}/data (PARLEY_DATA) may not be written: give it to the user that runs Parley.`,
    )
  })

  test('for a folder that is a file', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'data'), '')
    for (const dataDir of [join(folder, 'data'), join(folder, 'data/below')])
      expect(await aFailure(dataDir)).toContain(`${dataDir} (PARLEY_DATA)`)
  })

  test('for the data of another PostgreSQL', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '17\n')
    expect(await aFailure(dataDir)).toMatch(/was made by PostgreSQL 17, and this Parley brings 18/)
  })

  test('for a password that is gone', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await rm(join(dataDir, 'postgres.password'))
    expect(await aFailure(dataDir)).toContain('postgres.password is missing')
  })

  test('for a database that is damaged: PostgreSQL’s own words and where more is', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await writeFile(join(dataDir, 'postgres/data/global/pg_control'), '')
    expect(await aFailure(dataDir)).toMatch(/^PostgreSQL does not start: .*pg_control.* \(more in .*server\.log\)$/)
  })

  test.runIf(asRoot)('for a full disk, at the first start and at a later one', async () => {
    const folder = await aFolder()
    // A disk of its own, in a mount namespace of its own.
    const onDisk = (size: string, script: string) => {
      const mounted = `mount -t tmpfs -o size=${size} none "$1"; shift; ${script}`
      return ['unshare', '--mount', 'sh', '-c', mounted, 'sh', folder]
    }
    const first = standIn(folder, { under: onDisk('20m', 'exec "$@"') })
    expect((await first.said).failure).toMatch(/No space left on device|full disk/)
    const later = standIn(folder, {
      // PostgreSQL says there when it is ready; the stand-in a moment later.
      under: onDisk(
        '200m',
        `"$@" & for second in $(seq 60); do grep -q ready "$3/postgres/data/postmaster.pid" 2>/dev/null && break; sleep 1; done
         sleep 4; kill $!; wait $!; dd if=/dev/zero of="$3/big" 2>/dev/null; exec "$@"`,
      ),
    })
    expect((await later.said).url).toBeDefined()
    await later.exited
    expect((await later.all()).at(-1)?.failure).toMatch(/No space left on device|full disk/)
  })
})

test('it runs beside whatever has its port: another is taken', async () => {
  const dataDir = await aFolder()
  const first = await startEmbedded({ dataDir })
  const { port } = new URL(first.url)
  await first.stop()
  const squatter = createServer().listen(Number(port), '127.0.0.1')
  ending.push(() => new Promise((resolve) => squatter.close(resolve)))
  const next = await startEmbedded({ dataDir })
  ending.push(() => next.stop())
  expect(await read(next.url)).toEqual([])
})
