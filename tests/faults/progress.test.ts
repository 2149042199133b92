import { expect, test } from 'vitest'
import { noneDone, wreak, type World } from './killer.ts'
import type { ParleyNode } from './nodes.ts'
import type { Fault } from './plan.ts'
import { begun, countOf, leftOf, undone, type Progress } from './progress.ts'

const PLAN: Fault[] = [
  { is: 'kill', node: 'south', at: null, restMs: 0 },
  { is: 'pause', node: 'north', ms: 1, restMs: 0 },
  { is: 'wire', wire: 'to platform', trouble: 'cut', ms: 60_000, restMs: 0 },
  { is: 'stop', node: 'south', restMs: 0 },
  { is: 'kill', node: 'south', at: null, restMs: 0 },
]

/** A node whose pauses and starts end when they are told to. */
const aNode = (name: string, more: Partial<ParleyNode> = {}): ParleyNode => ({
  name,
  url: '',
  kill: async () => {},
  dieAt: async () => true,
  pause: async () => {},
  stop: async () => {},
  start: async () => {},
  close: async () => {},
  wrongs: [],
  ...more,
})
const aWorld = (nodes: World['nodes']): World => ({
  nodes,
  crashDatabase: async () => {},
  trouble: () => {},
  disk: async () => async () => {},
  untilWell: async () => 0,
})

const going = (world: World, progress: Progress, plan: readonly Fault[], did: number[] = []) => {
  const left = leftOf(progress, plan.length)
  return wreak(
    world,
    left.map((index) => plan[index]!),
    {
      done: progress.done,
      mayBegin: async () => true,
      told: (at) => {
        did.push(left[at]!)
        begun(progress, left[at]!)
      },
      undone: (at) => undone(progress, left[at]!),
      skipped: () => {},
      well: () => {},
    },
  )
}

test('what was under way at a hard end is done again, and nothing is counted that was not undone', async () => {
  const forever = () => new Promise<void>(() => {})
  let starts = 0
  const start = () => (++starts < 3 ? Promise.resolve() : forever())
  const progress: Progress = { next: 0, underWay: [], done: noneDone() }
  void going(aWorld({ north: aNode('north', { pause: forever }), south: aNode('south', { start }) }), progress, PLAN)
  await expect.poll(() => progress.next).toBe(5)
  // The folder knows no more than this.
  const kept = JSON.parse(JSON.stringify(progress)) as Progress
  expect(kept).toMatchObject({ underWay: [1, 2, 4], done: { kill: 1, stop: 1, pause: 0, wire: 0 } })
  expect(countOf(kept)).toBe(2)

  const did: number[] = []
  const short = PLAN.map((fault) => (fault.is === 'wire' ? { ...fault, ms: 1 } : fault))
  await going(aWorld({ north: aNode('north'), south: aNode('south') }), kept, short, did)
  expect(did).toEqual([1, 2, 4])
  expect(kept).toMatchObject({ next: 5, underWay: [], done: { kill: 2, stop: 1, pause: 1, wire: 1 } })
  expect(countOf(kept)).toBe(PLAN.length)
})
