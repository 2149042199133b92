/** What befalls the processes and the platforms while the run lasts. The steady channel's platform and hold are left alone. */
import type { SimulatedNode } from './node.ts'
import { CHAOS_MS, STEADY, type World } from './world.ts'

const FAULTS = { kill: 3, freeze: 3, hand_over: 3, away: 4, hold: 1 } as const
const MOST_FAULTS = 8

export function breakThings(
  { clock, random, store, platforms, watch, tell }: World,
  nodes: { name: string; node: SimulatedNode }[],
  born: (name: string) => SimulatedNode,
): void {
  let births = 1
  const others = [...platforms.keys()].filter((channel) => channel !== STEADY)
  const faults = random.between(0, MOST_FAULTS)

  for (let n = 0; n < faults; n++) {
    const at = random.between(1_000, CHAOS_MS - 60_000)
    const what = random.weighted(FAULTS)
    clock.in(at, () => wreak(what))
  }

  function wreak(what: keyof typeof FAULTS): void {
    const one = random.pick(nodes)
    const channel = random.pick(others)
    const now = clock.now()
    if (what === 'kill' || what === 'freeze') watch.troubled()
    tell(() => `— ${what} ${what === 'kill' || what === 'freeze' ? one.name : channel}`)
    switch (what) {
      case 'kill':
        one.node.kill()
        return clock.in(random.between(500, 8_000), () => {
          one.node = born(`${one.name}${++births}`)
        })
      case 'freeze':
        return one.node.freeze(random.between(200, 50_000))
      case 'hand_over':
        return one.node.handOver(channel)
      case 'away': {
        const platform = platforms.get(channel)!
        platform.isAway = true
        return clock.in(random.chance(0.2) ? random.between(60_000, 900_000) : random.between(500, 30_000), () => {
          platform.isAway = false
        })
      }
      case 'hold': {
        if (store.holds.has(channel)) return
        const ms = random.between(1_000, 40_000)
        store.holds.add(channel)
        watch.held(channel, now, now + ms)
        return clock.in(ms, () => void store.holds.delete(channel))
      }
    }
  }
}
