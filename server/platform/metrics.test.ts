import { expect, test } from 'vitest'
import { openMetrics } from './metrics.ts'

test('what was counted stands on the page, with its prefix and labels', async () => {
  const metrics = openMetrics()
  const ended = metrics.counter('deliveries_total', 'Deliveries by their end', ['state'])
  ended.add({ state: 'sent' })
  ended.add({ state: 'sent' }, 2)
  metrics.counter('flights_total', 'Flights').add()
  const { type, body } = await metrics.page()
  expect(type).toContain('text/plain')
  expect(body).toContain('parley_deliveries_total{state="sent"} 3')
  expect(body).toContain('parley_flights_total 1')
})

test('a gauge that reads is asked when somebody looks, and forgets labels that are gone', async () => {
  const metrics = openMetrics()
  let open: [{ state: string }, number][] = [[{ state: 'open' }, 2]]
  metrics.gauge('breakers', 'Breakers by state', ['state'], () => open)
  expect((await metrics.page()).body).toContain('parley_breakers{state="open"} 2')
  open = [[{ state: 'shut' }, 1]]
  const { body } = await metrics.page()
  expect(body).toContain('parley_breakers{state="shut"} 1')
  expect(body).not.toContain('state="open"')
})

test('asking twice for one name gives the same metric', async () => {
  const metrics = openMetrics()
  metrics.histogram('flight_seconds', 'How long a flight takes').observe(0.002)
  metrics.histogram('flight_seconds', 'How long a flight takes').observe(0.003)
  expect((await metrics.page()).body).toContain('parley_flight_seconds_count 2')
})

test('two registries of one process do not meet', async () => {
  openMetrics().counter('x_total', 'x').add()
  expect((await openMetrics().page()).body).not.toContain('parley_x_total')
})
