import { expect, test } from 'vitest'
import type { Event, Json, Line, Plan } from './connector.ts'
import { polling } from './polling.ts'
import { perform } from './perform.ts'

const event = (key: string): Event => ({ key, lane: 'a', body: {} })
type Told = { events: Event[]; cursor: Json }

/** A line whose poll is answered from a list, then hangs up. */
function aLine(answers: Told[], cursor: Json = null, restMs?: number) {
  const stop = new AbortController()
  const happened: unknown[] = []
  // oxlint-disable-next-line require-yield -- the answer is at hand
  const ask = function* (at: Json): Plan<Told> {
    happened.push(['ask', at])
    const answer = answers.shift()
    if (!answer) {
      stop.abort()
      return { events: [event('late')], cursor: 'late' }
    }
    return answer
  }
  const line = {
    signal: stop.signal,
    cursor,
    run: (plan: Plan<Told>) => perform(plan, () => Promise.reject(new Error('nothing is asked'))),
    receive: async (events: Event[], next: Json) => void happened.push(['commit', events.map(({ key }) => key), next]),
    state: (state: string) => void happened.push(state),
  } as unknown as Line<unknown>
  return { happened, run: () => polling<unknown>({ ask, ...(restMs === undefined ? {} : { restMs }) })(line) }
}

test('asks from where reading stopped; events and cursor are committed before the next question', async () => {
  const { happened, run } = aLine(
    [
      { events: [event('7')], cursor: 8 },
      { events: [], cursor: 8 },
    ],
    7,
  )
  await run()
  expect(happened).toEqual(['connecting', ['ask', 7], 'ready', ['commit', ['7'], 8], ['ask', 8], ['ask', 8]])
})

test('a platform that answers at once is asked again after a rest when nothing came, and at once when something did', async () => {
  const took = async (answers: Told[], restMs: number) => {
    const began = performance.now()
    await aLine(answers, null, restMs).run()
    return performance.now() - began
  }
  const nothing = { events: [], cursor: null }
  expect(await took([nothing, nothing], 80)).toBeGreaterThan(150)
  expect(await took([{ events: [event('1')], cursor: 1 }], 4_000)).toBeLessThan(3_000)
})

test('a cursor that moved without events is kept too', async () => {
  const { happened, run } = aLine([{ events: [], cursor: 'next' }])
  await run()
  expect(happened).toContainEqual(['commit', [], 'next'])
})

test('what comes after the stop is not taken: the platform will tell it again', async () => {
  const { happened, run } = aLine([])
  await run()
  expect(JSON.stringify(happened)).not.toContain('late')
})

test('a broken question ends it, for the caller to try again', async () => {
  const line = {
    signal: new AbortController().signal,
    cursor: null,
    run: () => Promise.reject(new Error('no wire')),
    state: () => {},
  }
  await expect(
    polling<unknown>({
      // oxlint-disable-next-line require-yield -- never asked
      ask: function* () {
        return { events: [], cursor: null }
      },
    })(line as unknown as Line<unknown>),
  ).rejects.toThrow('no wire')
})
