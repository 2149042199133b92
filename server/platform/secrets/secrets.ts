/**
 * The envelope: outer key (environment or file) → one data key per workspace, wrapped in the database → values, each bound to its row.
 *
 * `await secrets.of(workspace)` loads a workspace's keys once; sealing and opening are then synchronous, for a flight seals hundreds.
 * A new version of a data key is readable by every process before any of them seals with it, because keys are looked up anew each
 * minute and a version rests for two; so versions change under load and nobody meets a seal that he cannot open.
 */
import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Clock } from '../clock.ts'
import { StartFailure } from '../start-failure.ts'
import type { KeyStore, WrappedKey } from './key-store.ts'
import { readOuterKeys } from './outer-key.ts'
import type { OuterKeys } from './outer-key.ts'
import { openWith, SealBroken, sealWith, versionOf } from './seal.ts'
import type { Place } from './seal.ts'
import { isWrappedBy, unwrap, wrap } from './wrap.ts'

export { SealBroken } from './seal.ts'
export type { Place } from './seal.ts'

/** Seals and opens for one workspace. Ask `secrets.of` for it in each unit of work; it is cheap, and keeps the keys fresh. */
export interface Sealer {
  /** About 5 µs and 33 bytes more than the plain value. */
  seal(plain: Uint8Array, place: Place): Buffer
  /** @throws SealBroken when it was sealed for another place or is damaged */
  open(sealed: Uint8Array, place: Place): Buffer
  /** The same value under the current version; null when it already is. For the batches that follow a rotation. */
  reseal(sealed: Uint8Array, place: Place): Buffer | null
  /** A key for one file, which is sealed in frames: see file-cipher.ts. Without a version: of the current one. */
  fileKey(salt: Uint8Array, file: string, version?: number): { key: Buffer; version: number }
}

export interface Secrets {
  of(workspace: WorkspaceId): Promise<Sealer>
  /** A new version of a workspace's data key. Seals from two minutes on; the old one opens what it has sealed. @returns its number */
  rotate(workspace: WorkspaceId): Promise<number>
  /** How long until the newest version seals, ms; 0: it does. */
  restsMs(workspace: WorkspaceId): Promise<number>
  /** Forgets all versions but the newest. Only when nothing is sealed with them any more. */
  retire(workspace: WorkspaceId): Promise<void>
  /** Wraps every data key by the current outer key; may be repeated after a crash. @returns how many were under another one */
  rewrap(keys?: OuterKeys): Promise<number>
  /** Where the outer key comes from, for `parley doctor` and `parley backup`. */
  readonly keyOrigin: string
}

/** How old the keys in memory may be. */
const FRESH_MS = 60_000
/** A version rests so long before it seals, so that every process has read it. */
const REST_MS = 2 * FRESH_MS
/** By then a key has sealed less than 2³² values even at 1,600 a second, which random nonces allow. */
const RENEW_MS = 30 * 24 * 3_600_000

/**
 * Reads the outer key (and makes it on the first start), and proves that it is the right one.
 * @param key  `PARLEY_KEY`: 32 bytes, or null for the file under `dataDir`
 * @throws StartFailure when the key is missing, or not the one that sealed what the database holds
 */
export async function openSecrets(options: {
  dataDir: string
  key: Uint8Array | null
  store: KeyStore
  clock: Clock
}): Promise<Secrets> {
  const { dataDir, key, store, clock } = options
  const read = () => readOuterKeys({ dataDir, key, mayCreate: async () => (await anyWrapped(store)) === undefined })
  const outer = await read()
  const sample = await anyWrapped(store)
  if (sample && !outer.all.some((each) => isWrappedBy(each, sample.wrapped)))
    throw new StartFailure(
      `The database holds secrets sealed with another key than that of ${outer.origin}: give Parley the key it was started with before.`,
    )
  return secretsUnder(outer, read, store, clock)
}

async function anyWrapped(store: KeyStore): Promise<WrappedKey | undefined> {
  for (const workspace of await store.workspaces()) {
    const [first] = await store.load(workspace)
    if (first) return first
  }
  return undefined
}

interface Ring {
  readonly keys: Map<number, KeyObject>
  current: number
  loadedAt: number
  readonly sealer: Sealer
}

/**
 * @param first  the outer keys as they were read at the start
 * @param read   reads them again: they may be rotated beside a running Parley
 */
function secretsUnder(first: OuterKeys, read: () => Promise<OuterKeys>, store: KeyStore, clock: Clock): Secrets {
  const rings = new Map<WorkspaceId, Ring>()
  const loading = new Map<WorkspaceId, Promise<Ring>>()
  let outer = first

  async function load(workspace: WorkspaceId): Promise<Ring> {
    const loadedAt = clock.monotonicMs()
    let found = await store.load(workspace)
    const newest = found.reduce((latest, each) => Math.max(latest, each.version), 0)
    const age = clock.now().getTime() - (found.find(({ version }) => version === newest)?.createdAt.getTime() ?? 0)
    if (newest === 0 || age > RENEW_MS) {
      await addVersion(workspace, newest + 1)
      found = await store.load(workspace)
      if (found.length === 0) throw new Error(`no such workspace: ${workspace}`)
    }
    const ring = rings.get(workspace) ?? newRing(workspace)
    for (const { version, wrapped } of found) {
      if (ring.keys.has(version)) continue
      if (!outer.all.some((each) => isWrappedBy(each, wrapped))) outer = await read()
      ring.keys.set(version, createSecretKey(unwrap(outer.all, wrapped, workspace, version)))
    }
    ring.current = sealingVersion(found, clock.now())
    ring.loadedAt = loadedAt
    rings.set(workspace, ring)
    return ring
  }

  function newRing(workspace: WorkspaceId): Ring {
    const byVersion = new Map<number, KeyObject>()
    const keyOf = (version: number): KeyObject => {
      const key = byVersion.get(version)
      if (key) return key
      // perhaps added a moment ago by a process whose clock runs ahead: the next unit of work looks again
      ring.loadedAt = Number.NEGATIVE_INFINITY
      throw new SealBroken(`sealed with version ${version} of a data key that is not here`)
    }
    const bound = (place: Place) => `${workspace}|${place.table}|${place.column}|${place.row}`
    const sealer: Sealer = {
      seal: (plain, place) => sealWith(keyOf(ring.current), ring.current, plain, bound(place)),
      open: (sealed, place) => openWith(keyOf(versionOf(sealed)), sealed, bound(place)),
      reseal: (sealed, place) =>
        versionOf(sealed) === ring.current ? null : sealer.seal(sealer.open(sealed, place), place),
      fileKey: (salt, file, version = ring.current) => ({
        key: Buffer.from(hkdfSync('sha256', keyOf(version), salt, `parley file|${workspace}|${file}`, 32)),
        version,
      }),
    }
    const ring: Ring = { keys: byVersion, current: 0, loadedAt: 0, sealer }
    return ring
  }

  async function addVersion(workspace: WorkspaceId, version: number) {
    const dataKey = randomBytes(32)
    const wrapped = wrap(outer.current, dataKey, workspace, version)
    await store.add(workspace, version, wrapped)
    // A rotation changes the outer key first and looks for data keys afterwards. One that ran meanwhile may have missed this row, and
    // may have forgotten the key that wrapped it: unless another process was quicker, the row is ours and is wrapped again.
    outer = await read()
    if (isWrappedBy(outer.current, wrapped)) return
    const stored = (await store.load(workspace)).find((each) => each.version === version)
    if (stored && Buffer.from(stored.wrapped).equals(wrapped))
      await store.replace(workspace, version, wrap(outer.current, dataKey, workspace, version))
  }

  async function rewrapOne(workspace: WorkspaceId, { current, all }: OuterKeys): Promise<number> {
    const others = (await store.load(workspace)).filter(({ wrapped }) => !isWrappedBy(current, wrapped))
    for (const { version, wrapped } of others)
      await store.replace(
        workspace,
        version,
        wrap(current, unwrap(all, wrapped, workspace, version), workspace, version),
      )
    return others.length
  }

  async function fresh(workspace: WorkspaceId): Promise<Ring> {
    const known = rings.get(workspace)
    if (known && clock.monotonicMs() - known.loadedAt < FRESH_MS) return known
    let now = loading.get(workspace)
    if (!now) {
      now = load(workspace).finally(() => loading.delete(workspace))
      loading.set(workspace, now)
    }
    // with the database away what is in memory goes on opening and sealing
    return known ? now.catch(() => known) : now
  }

  return {
    keyOrigin: first.origin,
    of: async (workspace) => (await fresh(workspace)).sealer,
    rotate: async (workspace) => {
      const { keys: known } = await fresh(workspace)
      const version = Math.max(...known.keys()) + 1
      await addVersion(workspace, version)
      await load(workspace)
      return version
    },
    restsMs: async (workspace) => {
      // Keys that were read before do not know what rests by now.
      const { keys, current } = await load(workspace)
      const newest = (await store.load(workspace)).find(({ version }) => version === Math.max(...keys.keys()))
      if (!newest || newest.version === current) return 0
      // Never 0 while another one still seals: the moment may have come since these keys were read.
      return Math.max(1, newest.createdAt.getTime() + REST_MS - clock.now().getTime())
    },
    retire: async (workspace) => {
      const versions = (await store.load(workspace)).map(({ version }) => version).toSorted((a, b) => b - a)
      await store.remove(workspace, versions.slice(1))
      rings.delete(workspace)
    },
    rewrap: async (now) => {
      outer = now ?? (await read())
      let count = 0
      for (const workspace of await store.workspaces()) count += await rewrapOne(workspace, outer)
      return count
    },
  }
}

/** The newest version that has rested; on the first day there is only one. */
function sealingVersion(found: readonly WrappedKey[], now: Date): number {
  const byAge = found.toSorted((a, b) => b.version - a.version)
  const rested = byAge.find(({ createdAt }) => now.getTime() - createdAt.getTime() >= REST_MS)
  return (rested ?? (byAge.at(-1) as WrappedKey)).version
}
