import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { NIL_ID, WorkspaceId } from '#contract/ids.ts'
import { fakeClock } from '../clock.ts'
import { StartFailure } from '../start-failure.ts'
import { memoryKeyStore } from './key-store.ts'
import { addOuterKey, dropOldOuterKeys, keyFile } from './outer-key.ts'
import { openSecrets, SealBroken } from './secrets.ts'
import type { Place } from './secrets.ts'

const folders: string[] = []
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })))
})

const place: Place = { table: 'channel', column: 'settings', row: '1' }
const aWorkspace = () => WorkspaceId.parse(crypto.randomUUID())
const text = (plain: Uint8Array) => Buffer.from(plain).toString()

/** An installation with an empty database. `start` is one more process of it. */
async function anInstallation({ key = null as Uint8Array | null } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
  folders.push(dataDir)
  const clock = fakeClock()
  const store = memoryKeyStore(() => clock.now())
  const start = (given: { key?: Uint8Array | null; dataDir?: string } = {}) =>
    openSecrets({ dataDir, key, store, clock, ...given })
  return { dataDir, clock, store, start, secrets: await start() }
}

test('what is sealed opens again, in another process too', async () => {
  const { secrets, start } = await anInstallation()
  const workspace = aWorkspace()
  const sealed = (await secrets.of(workspace)).seal(Buffer.from('bot token'), place)
  expect(sealed.includes('bot token')).toBe(false)
  expect(text((await (await start()).of(workspace)).open(sealed, place))).toBe('bot token')
})

test('a value moved to another row, column, table or workspace does not open', async () => {
  const { secrets } = await anInstallation()
  const [ours, theirs] = [aWorkspace(), aWorkspace()]
  const sealer = await secrets.of(ours)
  const sealed = sealer.seal(Buffer.from('x'), place)
  for (const change of [{ row: '2' }, { column: 'hook_secret' }, { table: 'channel_kept' }])
    expect(() => sealer.open(sealed, { ...place, ...change })).toThrow(SealBroken)
  const foreign = await secrets.of(theirs)
  expect(() => foreign.open(sealed, place)).toThrow(SealBroken)
})

test('a changed byte anywhere does not open, nor does what was never sealed', async () => {
  const { secrets } = await anInstallation()
  const sealer = await secrets.of(aWorkspace())
  const sealed = sealer.seal(Buffer.from('secret'), place)
  for (let i = 0; i < sealed.length; i++) {
    const damaged = Buffer.from(sealed)
    damaged[i] = (damaged[i] as number) ^ 1
    expect(() => sealer.open(damaged, place)).toThrow(SealBroken)
  }
  for (const never of [Buffer.alloc(0), Buffer.from('plain text that was never sealed by anybody')])
    expect(() => sealer.open(never, place)).toThrow(SealBroken)
})

test('anything opens to what it was, empty too, and equal values look different', async () => {
  const { secrets } = await anInstallation()
  const sealer = await secrets.of(aWorkspace())
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.string(), (plain, row) => {
      const at = { ...place, row }
      const [one, other] = [sealer.seal(plain, at), sealer.seal(plain, at)]
      expect(Buffer.compare(sealer.open(one, at), plain)).toBe(0)
      expect(one.equals(other)).toBe(false)
    }),
  )
})

test('ten thousand nonces are all different', async () => {
  const { secrets } = await anInstallation()
  const sealer = await secrets.of(aWorkspace())
  const nonces = Array.from({ length: 10_000 }, () => sealer.seal(Buffer.alloc(1), place).toString('hex', 5, 17))
  expect(new Set(nonces).size).toBe(10_000)
})

test('the program itself seals under the nil workspace', async () => {
  const { secrets } = await anInstallation()
  const sealer = await secrets.of(WorkspaceId.parse(NIL_ID))
  expect(text(sealer.open(sealer.seal(Buffer.from('totp'), place), place))).toBe('totp')
})

test('two processes that begin a workspace at once share one key', async () => {
  const { secrets, start } = await anInstallation()
  const other = await start()
  const workspace = aWorkspace()
  const [one, two] = await Promise.all([secrets.of(workspace), other.of(workspace)])
  expect(text(two.open(one.seal(Buffer.from('x'), place), place))).toBe('x')
})

// ── versions of data keys ──

test('after a rotation both versions open, and the fresh one seals only when every process has it', async () => {
  const { secrets, start, clock } = await anInstallation()
  const other = await start()
  const workspace = aWorkspace()
  const before = (await secrets.of(workspace)).seal(Buffer.from('before'), place)
  await other.of(workspace)
  clock.advance(3_600_000)
  await other.of(workspace)
  expect(await secrets.rotate(workspace)).toBe(2)
  // the other process has not looked yet: it must be able to open what we seal now
  const soon = (await secrets.of(workspace)).seal(Buffer.from('soon'), place)
  expect(text((await other.of(workspace)).open(soon, place))).toBe('soon')
  clock.advance(130_000)
  const later = (await secrets.of(workspace)).seal(Buffer.from('later'), place)
  expect(later.readUInt32BE(1)).toBe(2)
  const sealer = await other.of(workspace)
  expect([before, soon, later].map((each) => text(sealer.open(each, place)))).toEqual(['before', 'soon', 'later'])
})

test('resealing moves a value to the current version, once', async () => {
  const { secrets, clock } = await anInstallation()
  const workspace = aWorkspace()
  const old = (await secrets.of(workspace)).seal(Buffer.from('x'), place)
  await secrets.rotate(workspace)
  clock.advance(180_000)
  const sealer = await secrets.of(workspace)
  const fresh = sealer.reseal(old, place) as Buffer
  expect(text(sealer.open(fresh, place))).toBe('x')
  expect(sealer.reseal(fresh, place)).toBeNull()
  await secrets.retire(workspace)
  const after = await secrets.of(workspace)
  expect(text(after.open(fresh, place))).toBe('x')
  expect(() => after.open(old, place)).toThrow('version 1')
})

test('a key is renewed by age, long before random nonces could repeat', async () => {
  const { secrets, store, clock } = await anInstallation()
  const workspace = aWorkspace()
  await secrets.of(workspace)
  clock.advance(31 * 24 * 3_600_000)
  await secrets.of(workspace)
  expect((await store.load(workspace)).map(({ version }) => version)).toEqual([1, 2])
  clock.advance(120_000)
  await secrets.of(workspace)
  expect((await store.load(workspace)).length).toBe(2)
})

test('with the database away, known workspaces go on', async () => {
  const { clock, store, dataDir } = await anInstallation()
  let away = false
  const secrets = await openSecrets({
    dataDir,
    key: null,
    clock,
    store: { ...store, load: (workspace) => (away ? Promise.reject(new Error('away')) : store.load(workspace)) },
  })
  const workspace = aWorkspace()
  await secrets.of(workspace)
  away = true
  clock.advance(3_600_000)
  const sealer = await secrets.of(workspace)
  expect(text(sealer.open(sealer.seal(Buffer.from('x'), place), place))).toBe('x')
  await expect(secrets.of(aWorkspace())).rejects.toThrow('away')
})

// ── the outer key ──

test('the key file is made on the first start, for its owner alone', async () => {
  const { dataDir, secrets } = await anInstallation()
  expect((await stat(keyFile(dataDir))).mode & 0o777).toBe(0o600)
  expect(secrets.keyOrigin).toBe(keyFile(dataDir))
})

test('a key file that others may read is closed to them', async () => {
  const { dataDir, start } = await anInstallation()
  await chmod(keyFile(dataDir), 0o644)
  await start()
  expect((await stat(keyFile(dataDir))).mode & 0o777).toBe(0o600)
})

test('with PARLEY_KEY there is no file', async () => {
  const { dataDir, secrets } = await anInstallation({ key: randomBytes(32) })
  await expect(stat(keyFile(dataDir))).rejects.toThrow('ENOENT')
  expect(secrets.keyOrigin).toBe('PARLEY_KEY')
})

test('nothing readable of the outer key or the data key stands in the database', async () => {
  const key = randomBytes(32)
  const { secrets, store } = await anInstallation({ key })
  const workspace = aWorkspace()
  await secrets.of(workspace)
  const [row] = await store.load(workspace)
  const wrapped = Buffer.from((row as { wrapped: Uint8Array }).wrapped)
  expect(wrapped.includes(key.subarray(0, 4))).toBe(false)
  expect(wrapped.length).toBe(69)
})

test('a lost key file stops the start and is not silently replaced', async () => {
  const { dataDir, secrets, start } = await anInstallation()
  await secrets.of(aWorkspace())
  await rm(keyFile(dataDir))
  await expect(start()).rejects.toThrow(StartFailure)
  await expect(stat(keyFile(dataDir))).rejects.toThrow('ENOENT')
})

test('another key than before stops the start', async () => {
  const { secrets, start } = await anInstallation({ key: randomBytes(32) })
  await secrets.of(aWorkspace())
  await expect(start({ key: randomBytes(32) })).rejects.toThrow('another key')
})

test('a damaged key file stops the start', async () => {
  const { dataDir, start } = await anInstallation()
  await writeFile(keyFile(dataDir), 'no key\n')
  await expect(start()).rejects.toThrow('damaged')
})

test('who moves from the file to PARLEY_KEY opens what the file had sealed, and rewraps it', async () => {
  const { dataDir, secrets, start } = await anInstallation()
  const workspace = aWorkspace()
  const sealed = (await secrets.of(workspace)).seal(Buffer.from('x'), place)
  const key = randomBytes(32)
  const moved = await start({ key })
  expect(text((await moved.of(workspace)).open(sealed, place))).toBe('x')
  expect(await moved.rewrap()).toBe(1)
  await rm(keyFile(dataDir))
  expect(text((await (await start({ key })).of(workspace)).open(sealed, place))).toBe('x')
})

test('the outer key of the file rotates beside a running process, which goes on and begins new workspaces', async () => {
  const { dataDir, secrets, start } = await anInstallation()
  const [known, begun] = [aWorkspace(), aWorkspace()]
  const sealed = (await secrets.of(known)).seal(Buffer.from('x'), place)
  const rotating = await start()
  const keys = await addOuterKey(dataDir)
  expect(await rotating.rewrap(keys)).toBe(1)
  expect(await rotating.rewrap(keys)).toBe(0)
  await dropOldOuterKeys(dataDir)
  expect((await readFile(keyFile(dataDir), 'utf8')).trim().split('\n')).toHaveLength(1)
  const fresh = (await secrets.of(begun)).seal(Buffer.from('y'), place)
  const after = await start()
  expect(text((await after.of(known)).open(sealed, place))).toBe('x')
  expect(text((await after.of(begun)).open(fresh, place))).toBe('y')
})

test('a workspace begun in the very middle of a rotation is not left under the old key', async () => {
  const { dataDir, store, clock } = await anInstallation()
  const workspace = aWorkspace()
  const running = await openSecrets({
    dataDir,
    key: null,
    clock,
    store: {
      ...store,
      add: async (...row) => {
        // the rotation changes the file and has looked through all workspaces before this row is there
        const keys = await addOuterKey(dataDir)
        await (await openSecrets({ dataDir, key: null, store, clock })).rewrap(keys)
        await dropOldOuterKeys(dataDir)
        await store.add(...row)
      },
    },
  })
  const sealed = (await running.of(workspace)).seal(Buffer.from('x'), place)
  const after = await openSecrets({ dataDir, key: null, store, clock })
  expect(text((await after.of(workspace)).open(sealed, place))).toBe('x')
})

test('a flight of hundreds is sealed in milliseconds', async () => {
  const { secrets } = await anInstallation()
  const sealer = await secrets.of(aWorkspace())
  const plain = Buffer.alloc(1_000)
  for (let i = 0; i < 1_000; i++) sealer.seal(plain, place)
  const began = performance.now()
  for (let i = 0; i < 1_000; i++) sealer.seal(plain, place)
  expect(performance.now() - began).toBeLessThan(200)
})
