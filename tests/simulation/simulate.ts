/** One run: two processes, four channels, members who write and edit while everything breaks, then peace, then the reckoning. */
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { randomOf, type Random } from '#tests/faults/random.ts'
import { breakThings } from './chaos.ts'
import { fakeClock } from './clock.ts'
import { members } from './members.ts'
import { aNode, type SimulatedNode } from './node.ts'
import { aPlatform, type PlatformOptions } from './platform.ts'
import { aStore } from './store.ts'
import { aWatch } from './watch.ts'
import { CHAOS_MS, STEADY, type World } from './world.ts'

/** The longest wait is a quarter of an hour, and there may be several in a lane. */
const PEACE_MS = 3 * 3_600_000

export interface Run {
  readonly seed: number
  /** Broken promises; none: green. */
  readonly broken: readonly string[]
  readonly trace: readonly string[]
}

/** @param traced  keeps a line of all that happens */
export async function simulate(seed: number, traced = false): Promise<Run> {
  const random = randomOf(seed)
  const clock = fakeClock(random)
  const trace: string[] = []
  const accounts = accountsOf(random)
  const watch = aWatch((channel) => accounts.some((each) => each.channel === channel && each.foldsMs !== null))
  const store = aStore(watch.changed)
  const world: World = {
    clock,
    random,
    store,
    watch,
    platforms: new Map(accounts.map((each) => [each.channel, aPlatform(each, () => world)])),
    isChaos: () => clock.now() < CHAOS_MS,
    tell: (words) => {
      if (traced) trace.push(`${(clock.now() / 1_000).toFixed(3).padStart(9)}  ${words()}`)
    },
  }
  const bases = new Map(accounts.map((each) => [each.channel, liveChannel(each)]))
  for (const channel of bases.keys()) store.leases.set(channel, { epoch: 0, holder: null, beat: 0 })
  const living = new Set<string>()
  const nodes = ['north', 'south'].map((name): { name: string; node: SimulatedNode } => ({
    name,
    node: aNode(world, `${name}1`, bases, living),
  }))
  members(world, nodes)
  breakThings(world, nodes, (name) => aNode(world, name, bases, living))
  const isOver = () => watch.broken.length > 0 || (clock.now() > CHAOS_MS + 60_000 && store.work.size === 0)
  await clock.walk(isOver, CHAOS_MS + PEACE_MS)
  if (watch.broken.length === 0) watch.end(store)
  return { seed, broken: watch.broken, trace }
}

const accountsOf = (random: Random): PlatformOptions[] => [
  { channel: STEADY, isSpiteful: false, foldsMs: null, echoes: false },
  ...['one', 'two', 'three'].map((name) => ({
    channel: name as ChannelId,
    isSpiteful: random.chance(0.8),
    foldsMs: random.chance(0.5) ? random.pick([60_000, 600_000, 86_400_000]) : null,
    echoes: random.chance(0.4),
  })),
]

const liveChannel = ({ channel, foldsMs, echoes }: PlatformOptions): LiveChannel =>
  ({
    id: channel,
    workspace: 'workspace' as WorkspaceId,
    state: 'ready',
    hold: false,
    version: 1,
    abilities: {
      pacing: { channel: [{ n: 20, per: 1 }], ...(channel === STEADY ? {} : { chat: [{ n: 1, per: 1, burst: 3 }] }) },
      ...(foldsMs === null ? {} : { idempotency: { seconds: foldsMs / 1_000 } }),
      ...(echoes ? { confirms: 'echo' } : {}),
    },
  }) as unknown as LiveChannel
