import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

type Labels<Label extends string> = Partial<Record<Label, string | number>>

export interface Metrics {
  /** Only grows: `const sent = metrics.counter('deliveries_total', 'Deliveries by their end', ['state'])`, then `sent.add({ state: 'sent' })`. */
  counter<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): {
    add(labels?: Labels<Label>, by?: number): void
  }
  /** Goes up and down. With `read` it is asked when somebody looks, without it is set. */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    read?: () =>
      | number
      | Promise<number>
      | Iterable<[Labels<Label>, number]>
      | Promise<Iterable<[Labels<Label>, number]>>,
  ): { set(value: number, labels?: Labels<Label>): void }
  /** How long or how big; `buckets` ascending, in the unit the name ends with. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    buckets?: readonly number[],
  ): {
    observe(value: number, labels?: Labels<Label>): void
  }
  /** The page of `/metrics`. */
  page(): Promise<{ type: string; body: string }>
}

/** From a tenth of a millisecond to ten seconds: a flight, a call, a page. */
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * One registry per process. Names are given without the prefix `parley_`. Asking twice for one name gives the same metric, so a
 * feature may ask where it counts. Labels are few and bounded: connectors, codes and states, never ids.
 * @param ofProcess  measure the process too (CPU, memory, event loop)
 */
export function openMetrics({ ofProcess = false }: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry()
  if (ofProcess) collectDefaultMetrics({ register: registry })

  const once = <Metric>(name: string, make: (name: string) => Metric): Metric => {
    const full = `parley_${name}`
    return (registry.getSingleMetric(full) as Metric | undefined) ?? make(full)
  }
  const registers = [registry]

  return {
    counter: (name, help, labels = []) => {
      const metric = once(name, (full) => new Counter({ name: full, help, labelNames: [...labels], registers }))
      return {
        add: (by, times = 1) => (by ? metric.inc(by, times) : metric.inc(times)),
      }
    },
    gauge: (name, help, labels = [], read) => {
      const metric = once(
        name,
        (full): Gauge =>
          new Gauge({
            name: full,
            help,
            labelNames: [...labels],
            registers,
            ...(read && {
              async collect() {
                const now = await read()
                if (typeof now === 'number') return this.set(now)
                this.reset()
                for (const [by, value] of now) this.set(by, value)
              },
            }),
          }),
      )
      return { set: (value, by) => (by ? metric.set(by, value) : metric.set(value)) }
    },
    histogram: (name, help, labels = [], buckets = SECONDS) => {
      const metric = once(
        name,
        (full) => new Histogram({ name: full, help, labelNames: [...labels], buckets: [...buckets], registers }),
      )
      return {
        observe: (value, by) => (by ? metric.observe(by, value) : metric.observe(value)),
      }
    },
    page: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  }
}
