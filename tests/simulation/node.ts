/** One process of Parley: its leases and its desk. It can be killed, frozen, and asked to hand a channel over. */
import type { ChannelId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Lease } from '#server/platform/leases.ts'
import { aDesk, type Desk } from './desk.ts'
import type { World } from './world.ts'

const BEAT_MS = 3_000
const VALID_MS = 10_000

export interface SimulatedNode {
  kill(): void
  freeze(ms: number): void
  /** Lets go of what it owns there, in good order. */
  handOver(channel: ChannelId): void
  ask(): void
}

/** @param living  names of processes whose session is there */
export function aNode(
  world: World,
  me: string,
  bases: ReadonlyMap<ChannelId, LiveChannel>,
  living: Set<string>,
): SimulatedNode {
  const { clock, random, store, tell } = world
  const held = new Map<ChannelId, { lease: Lease; stop: AbortController; validFrom: number }>()
  /** When a foreign lease's beat was last seen to move. */
  const seen = new Map<ChannelId, { epoch: number; beat: number; since: number }>()
  let backlog: (() => void | Promise<void>)[] = []
  let isFrozen = false
  living.add(me)

  const awake = (what: () => void | Promise<void>): void | Promise<void> => {
    if (!living.has(me)) return
    if (isFrozen) backlog.push(what)
    else return what()
  }
  const desk: Desk = aDesk(world, me, awake)

  function beat(): void {
    for (const [channel, mine] of held) {
      const row = store.leases.get(channel)!
      if (row.epoch === mine.lease.epoch && row.holder === me) {
        row.beat++
        mine.validFrom = clock.now()
      } else mine.stop.abort()
    }
    for (const [channel, base] of bases) if (!held.has(channel) && isFree(channel)) take(channel, base)
    for (const { lease, stop } of held.values()) if (lease.left() <= 0) stop.abort()
    clock.in(BEAT_MS, () => awake(beat))
  }

  function isFree(channel: ChannelId): boolean {
    const row = store.leases.get(channel)!
    if (row.holder === null || !living.has(row.holder)) return true
    const before = seen.get(channel)
    if (before && before.epoch === row.epoch && before.beat === row.beat) return clock.now() - before.since >= VALID_MS
    seen.set(channel, { epoch: row.epoch, beat: row.beat, since: clock.now() })
    return false
  }

  function take(channel: ChannelId, base: LiveChannel): void {
    const row = store.leases.get(channel)!
    row.epoch++
    row.holder = me
    const { epoch } = row
    const stop = new AbortController()
    const lease: Lease = {
      workspace: base.workspace,
      name: `channel ${channel}`,
      epoch,
      signal: stop.signal,
      left: () => (stop.signal.aborted ? 0 : mine.validFrom + VALID_MS - clock.now()),
    }
    const mine = { lease, stop, validFrom: clock.now() }
    held.set(channel, mine)
    tell(() => `${me} takes ${channel} under ${epoch}`)
    desk.own(lease, base, () => {
      held.delete(channel)
      if (row.epoch === epoch && row.holder === me) row.holder = null
      tell(() => `${me} has handed over ${channel}`)
    })
  }

  clock.in(random.between(0, BEAT_MS), () => awake(beat))
  return {
    ask: () => void awake(desk.ask),
    kill: () => living.delete(me),
    freeze: (ms) => {
      isFrozen = true
      clock.in(ms, () => {
        isFrozen = false
        const waiting = backlog
        backlog = []
        // In their order, but what they begin comes in between: a thawed desk may turn before it hears that its leases are gone.
        let at = 0
        for (const what of waiting) clock.in((at += random.between(0, 3)), () => awake(what))
      })
    },
    handOver: (channel) => void awake(() => held.get(channel)?.stop.abort()),
  }
}
