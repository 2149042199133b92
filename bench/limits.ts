/** What each figure must reach, and what limits it now: the words of docs/benchmarks.md. Whoever moves a limit rewrites its line here. */
export interface Bounds {
  readonly floor: string
  readonly limits: string
}

export const BOUNDS = {
  ingest: {
    floor: 'floor ≥ 0.25 of bare Fastify and ≥ 5,000/s; goal ≥ 0.5',
    limits:
      'the journal’s transaction (three tables, sealed bodies, lane locks) and, on the same cores, the worker that reads at the same time what was taken.',
  },
  loop: {
    floor: 'floor ≥ 0.35 of grammY, ≤ 0.35 CPU-ms a loop; goal ≥ 0.8, ≤ 0.25',
    limits:
      'about thirty row and index writes of PostgreSQL a loop (a conversation changes twice, with five indexes each time; a delivery once; the words of both messages are indexed), and, with few users, small batches: a third of Node’s time is the writing of statements to sockets, and a batch of eight costs as many statements as one of a hundred. The first round is slower than the rest: plans and machine code are made in it.',
  },
  lanes: {
    floor: 'floor ≥ 0.15 of raw SKIP LOCKED; goal ≥ 0.3, and ≥ 1.0 of graphile-worker',
    limits:
      'six rows that change for a job (work claimed, marked and deleted; the delivery; the platform’s id with two indexes; the feed), where the raw table deletes one; and at most 128 requests in flight of one channel, which is the size of a batch here.',
  },
} as const satisfies Record<string, Bounds>
