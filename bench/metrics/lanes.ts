/**
 * 10: jobs in lanes. 5 % of them fail at first and are tried again.
 *
 *   raw SKIP LOCKED   a table, batches of 200 on four connections, done rows deleted; keeps no order: the limit, not a rival
 *   graphile-worker   localQueue; one queue a conversation runs one job at a time, but a job that failed is overtaken by the next. Its
 *                     wait of 2.7 s after a failure is taken away by a trigger: nobody waits here
 *   Parley            the outbox as it is: message, delivery and lane rows, the real lease and sender, marks before and results after
 *                     each request; only the wire answers in this process. Strict order: what failed holds its conversation
 *
 * All three run in this process against one PostgreSQL. Filling is not measured for any of them.
 */
import { Logger, run, runMigrations } from 'graphile-worker'
import pg from 'pg'
import type { Wire } from '#connector-kit/perform.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { cpuMsOf } from '../support/cpu.ts'
import { aBareDatabase, aLiveChannel, answer, enqueue, openOutbox, type BareDatabase } from '../support/outbox.ts'
import { inRounds, type Row, type Taken } from '../support/rounds.ts'
import { Void } from '../support/void.ts'

/** As many jobs as this in each conversation. */
const OF_A_LANE = 10
/** One in twenty fails once; scattered, so that no conversation has them all. */
const failsFirst = (job: number): boolean => Math.imul(job + 1, 2_654_435_761) >>> 0 < 2 ** 32 / 20
const BATCH = 200
const CONNECTIONS = 4
/** Handlers at once, as many as Parley has requests in flight. */
const AT_ONCE = 128

interface World extends BareDatabase {
  readonly jobs: number
}

export async function lanes(options: {
  rounds: number
  jobs: number
  say(words: string): void
}): Promise<{ rows: Row[]; notes: string[] }> {
  const world: World = { ...(await aBareDatabase()), jobs: options.jobs }
  try {
    const rows = await inRounds(
      options.rounds,
      [
        { name: 'raw SKIP LOCKED, no order', measure: () => raw(world) },
        { name: 'graphile-worker, localQueue', measure: () => graphile(world) },
        { name: 'Parley, strict order', measure: () => ours(world) },
      ],
      options.say,
    )
    return {
      rows,
      notes: [
        `${options.jobs.toLocaleString('en')} jobs over ${lanesOf(world).toLocaleString('en')} conversations in each run (\`--jobs\`; the whole figure is 1,000,000); each done once, one in twenty after one failure`,
        'Parley’s order was checked at the wire: in each conversation every number came behind the one before it',
      ],
    }
  } finally {
    await world.stop()
  }
}

const lanesOf = ({ jobs }: World): number => Math.ceil(jobs / OF_A_LANE)

/** What the jobs do: count, and fail when it is their turn to. */
function work(jobs: number) {
  const tries = new Uint8Array(jobs)
  const done = new Uint8Array(jobs)
  let left = jobs
  const { promise: all, resolve: finished, reject } = Promise.withResolvers<void>()
  return {
    all,
    fail: (reason: string) => reject(new Void(reason)),
    /** @returns whether it is done now */
    attempt: (job: number): boolean => {
      tries[job]!++
      if (tries[job] === 1 && failsFirst(job)) return false
      done[job]!++
      if (--left === 0) finished()
      return true
    },
    isDone: (job: number) => done[job]! > 0,
    check: () => {
      const wrong = done.findIndex((count) => count !== 1)
      if (wrong >= 0) throw new Void(`job ${wrong} was done ${done[wrong]} times`)
      const once = tries.reduce((sum, count) => sum + count, 0) - jobs
      const wanted = Array.from({ length: jobs }, (_, job) => job).filter(failsFirst).length
      if (once !== wanted) throw new Void(`${once} attempts failed, not ${wanted}`)
    },
  }
}

async function timed(world: World, drain: () => Promise<void>): Promise<Taken> {
  const cpuBefore = cpuMsOf(world.pids)
  const began = performance.now()
  await drain()
  return { ops: world.jobs, seconds: (performance.now() - began) / 1000, cpuMs: cpuMsOf(world.pids) - cpuBefore }
}

// ---------------------------------------------------------------- raw

async function raw(world: World): Promise<Taken> {
  const { owner, jobs } = world
  await owner.query('drop table if exists public.bench_job')
  await owner.query('create table public.bench_job (id bigint primary key, lane bigint not null)')
  await owner.query('insert into public.bench_job select i, i % $2 from generate_series(0, $1::int - 1) i', [
    jobs,
    lanesOf(world),
  ])
  await owner.query('analyze public.bench_job')
  const pool = new pg.Pool({ connectionString: world.ownerUrl, max: CONNECTIONS })
  const counted = work(jobs)
  const taken = await timed(world, async () => {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const client = await pool.connect()
        for (let some = BATCH; some > 0;) {
          await client.query('begin')
          const { rows } = await client.query<{ id: string }>({
            name: 'claim',
            text: 'select id from public.bench_job order by id limit $1 for update skip locked',
            values: [BATCH],
          })
          const done = rows.map(({ id }) => id).filter((id) => counted.attempt(Number(id)))
          await client.query({
            name: 'done',
            text: 'delete from public.bench_job where id = any ($1::bigint[])',
            values: [done],
          })
          await client.query('commit')
          some = rows.length
        }
        client.release()
      }),
    )
    await counted.all
  })
  await pool.end()
  counted.check()
  return taken
}

// ---------------------------------------------------------------- graphile-worker

async function graphile(world: World): Promise<Taken> {
  const { owner, jobs } = world
  const counted = work(jobs)
  const pool = new pg.Pool({ connectionString: world.ownerUrl, max: CONNECTIONS + 2 })
  const options = { pgPool: pool, noHandleSignals: true, crontab: '', logger: new Logger(() => () => {}) }
  const taskList = {
    job: async (payload: unknown) => {
      const { job } = payload as { job: number }
      if (!counted.attempt(job)) throw new Error('try again')
    },
  }
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  await runMigrations(options)
  await owner.query(`
    create or replace function public.bench_at_once() returns trigger language plpgsql as $$ begin new.run_at := now(); return new; end $$;
    create or replace trigger bench_at_once before update on graphile_worker._private_jobs
       for each row when (new.last_error is distinct from old.last_error) execute function public.bench_at_once()`)
  await owner.query(
    `select graphile_worker.add_jobs(array (
       select json_populate_record(null::graphile_worker.job_spec,
                json_build_object('identifier', 'job', 'payload', json_build_object('job', i), 'queue_name', 'lane ' || i % $2))
         from generate_series(0, $1::int - 1) i))`,
    [jobs, lanesOf(world)],
  )
  const taken = await timed(world, async () => {
    const runner = await run({
      ...options,
      taskList,
      preset: {
        worker: {
          concurrentJobs: AT_ONCE,
          pollInterval: 1_000,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    })
    await counted.all
    await runner.stop()
  })
  await pool.end()
  counted.check()
  return taken
}

// ---------------------------------------------------------------- ours

async function ours(world: World): Promise<Taken> {
  const { database, jobs } = world
  const workspace = await aWorkspace(database)
  const live = await aLiveChannel(database, workspace)
  await enqueue(world, live, { people: lanesOf(world), jobs })
  await world.owner.query('analyze')
  const counted = work(jobs)
  const wire: Wire = async (request) => {
    const { text } = (request as { body: { json: { text: string } } }).body.json
    const job = Number(text)
    const before = job - lanesOf(world)
    if (before >= 0 && !counted.isDone(before)) counted.fail(`job ${job} overtook job ${before}`)
    // A refusal says: at once.
    return counted.attempt(job) ? answer(200, { id: text }) : answer(429, {})
  }
  const taken = await timed(world, async () => {
    const outbox = await openOutbox(database, [live], () => wire)
    try {
      await counted.all
    } finally {
      await outbox.close()
    }
  })
  counted.check()
  const { rows } = await world.owner.query<{ sent: number; left: number }>(
    `select (select count(*) from parley.delivery where workspace_id = $1 and state = 'sent')::int as sent,
            (select count(*) from parley.delivery_work where workspace_id = $1)::int as left`,
    [workspace],
  )
  if (rows[0]!.sent !== jobs || rows[0]!.left > 0)
    throw new Void(`${jobs} done, ${rows[0]!.sent} recorded as sent, ${rows[0]!.left} still queued`)
  return taken
}
