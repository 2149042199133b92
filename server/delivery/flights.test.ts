import { expect, test } from 'vitest'
import type { Plan, Reply, Sent } from '#connector-kit/connector.ts'
import { fly, type FlightDeps } from './flights.ts'
import type { Flight } from './owned.ts'
import type { Outcome } from './results.ts'

test('an owner that was frozen beyond its lease does not send the edit that it had in its hand: the next one has sent newer words', async () => {
  const { asked, landed } = await flown({ leaseLeft: -3_000 })
  expect(asked).toBe(0)
  expect(landed).toEqual([{ is: 'unmark' }])
})

test('an owner in the prime of its lease sends it', async () => {
  const { asked, landed } = await flown({ leaseLeft: 9_000 })
  expect(asked).toBe(1)
  expect(landed).toEqual([{ is: 'sent', sent: { ids: [] } }])
})

async function flown({ leaseLeft }: { leaseLeft: number }) {
  const plan = edit()
  const flight = {
    owned: { lease: { left: () => leaseLeft }, calls: new AbortController() },
    plan,
    final: plan.next().value,
    marked: false,
  } as unknown as Flight
  let asked = 0
  const landed: Outcome[] = []
  const deps: FlightDeps = {
    wireOf: () => async (): Promise<Reply> => {
      asked++
      return { status: 200, headers: {}, body: {}, text: '' }
    },
    land: (_, outcome) => landed.push(outcome),
    mark: () => {},
    scrub: (words) => words,
    random: () => 0.5,
  }
  await fly(flight, deps)
  return { asked, landed }
}

function* edit(): Plan<Sent> {
  yield { via: 'http', method: 'POST', url: 'https://pigeon.example/edit' }
  return { ids: [] }
}
