import { expect, test } from 'vitest'
import { turns } from './turns.ts'

const soon = () => new Promise((resolve) => setTimeout(resolve, 1))

/** Turns that are held until they are let go. */
function held() {
  const ends: (() => void)[] = []
  let atOnce = 0
  let most = 0
  const told: unknown[] = []
  const asked = turns({
    turn: async () => {
      most = Math.max(most, ++atOnce)
      await new Promise<void>((resolve) => ends.push(resolve))
      atOnce--
    },
    failed: (error) => told.push(error),
  })
  return { ...asked, begun: () => ends.length, end: () => ends.at(-1)!(), most: () => most, told }
}

test('whoever asks during a turn gets one more behind it, however many ask', async () => {
  const { ask, begun, end, most } = held()
  const all = ask()
  for (let times = 0; times < 5; times++) void ask()
  end()
  await soon()
  expect(begun()).toBe(2)
  end()
  await all
  expect([begun(), most()]).toEqual([2, 1])
})

test('a turn that says more waits is followed by the next', async () => {
  let left = 3
  const { ask } = turns({ turn: async () => --left > 0, failed: () => {} })
  await ask()
  expect(left).toBe(0)
})

test('a question that comes right behind a turn waits for its distance, and what is asked meanwhile shares the next', async () => {
  const begun: number[] = []
  const { ask } = turns({ turn: async () => void begun.push(performance.now()), failed: () => {}, atLeastMs: 30 })
  await ask()
  await Promise.all([ask(), ask(), ask()])
  expect(begun).toHaveLength(2)
  // A timer may be early by a millisecond.
  expect(begun[1]! - begun[0]!).toBeGreaterThan(28)
})

test('a failed turn is told, and the next question begins anew', async () => {
  let times = 0
  const told: unknown[] = []
  const { ask } = turns({
    turn: async () => {
      if (++times === 1) throw new Error('away')
    },
    failed: (error) => void told.push((error as Error).message),
  })
  await ask()
  await ask()
  expect([times, told]).toEqual([2, ['away']])
})

test('closing waits for the turn that runs, and begins no other', async () => {
  const { ask, begun, end, close } = held()
  void ask()
  void ask()
  const closed = close()
  end()
  await closed
  await ask()
  expect(begun()).toBe(1)
})
