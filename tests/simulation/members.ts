/** Members who write, in bursts and alone, and who edit what they have just said. */
import type { DeliveryId } from '#contract/ids.ts'
import type { SimulatedNode } from './node.ts'
import { CHAOS_MS, type World } from './world.ts'

const LANES = ['-5', '3', '8']

export function members({ clock, random, store, platforms, tell }: World, nodes: { node: SimulatedNode }[]): void {
  const wake = () => {
    for (const { node } of nodes) clock.in(1, node.ask)
  }
  let count = 0
  for (const channel of platforms.keys())
    for (const lane of LANES.slice(0, random.between(1, LANES.length))) {
      const bursts = random.between(1, 4)
      for (let burst = 0; burst < bursts; burst++) {
        const at = random.between(0, CHAOS_MS - 20_000)
        const size = random.between(1, 4)
        for (let n = 0; n < size; n++) {
          const id = `m${++count}` as DeliveryId
          const pieces = random.chance(0.2) ? random.between(2, 3) : 1
          const uploads = random.chance(0.2)
          const hasEdits = random.chance(0.3)
          clock.in(at + n * random.between(0, 500), () => {
            tell(() => `${channel} ${lane}: a member says ${id}, ${pieces} pieces`)
            store.queue({ id, channel, lane, op: 'message', target: id, words: 0, pieces, uploads }, clock.now())
            wake()
            if (!hasEdits) return
            for (let words = 1; words <= 2; words++)
              clock.in(random.between(100, 30_000) + words * 30_000, () => {
                edit(id, words)
                wake()
              })
          })
        }
      }
    }

  function edit(id: DeliveryId, words: number): void {
    const { channel, lane, state } = store.deliveries.get(id)!
    const rows = [...store.work.values()]
    const isWaiting = rows.some((row) => row.delivery === id && row.state === 'waiting' && row.piece === 0)
    // The words are replaced where they stand, and no edit travels.
    if (isWaiting || state === 'failed') return
    const waiting = rows
      .filter((row) => row.state === 'waiting')
      .map((row) => store.deliveries.get(row.delivery)!)
      .find((each) => each.op === 'edit' && each.target === id)
    tell(() => `${channel} ${lane}: a member edits ${id}, words ${words}`)
    if (waiting) waiting.words = words
    else {
      const given = { channel, lane, op: 'edit' as const, target: id, words, pieces: 1, uploads: false }
      store.queue({ ...given, id: `${id}.e${words}` as DeliveryId }, clock.now())
    }
  }
}
