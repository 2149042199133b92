/** 2: webhook → stored → the echo rule → `sendMessage` accepted, against grammY, which stores nothing. */
import { verdict } from '../limits.ts'
import { aBotApi } from '../support/bot-api.ts'
import { aParley } from '../support/parley.ts'
import { aServer } from '../support/processes.ts'
import { inRounds, type Row } from '../support/rounds.ts'
import { Void } from '../support/void.ts'

/** Seconds; connections open, plans and machine code are made in them. Counted as stored, not as measured. */
const WARM_UP = 3
/** Users. */
const FULL_LOAD = 256

export async function durableLoop(options: {
  rounds: number
  seconds: number
  users: number
  /** Of the past. */
  months: number
  say(words: string): void
}): Promise<{ rows: Row[]; verdicts: string[]; notes: string[] }> {
  const { users } = options
  const api = await aBotApi()
  const theirs = await aServer(new URL('../peers/grammy-echo.ts', import.meta.url), {
    BENCH_TOKEN: api.token,
    BENCH_API: api.url,
  })
  const parley = await aParley({ echo: true, platform: new URL(api.url).host, months: options.months })
  try {
    const channel = await parley.channel('telegram', { token: api.token, apiUrl: api.url, receive: 'webhook' })
    const { secret } = api.hook()!
    // This platform has no limits and says so; with the network's own, 30 messages a second would be the figure.
    await parley.ask(`update channel set me = me || '{"abilities":{"pacing":{}}}' where id = $1`, [channel])
    await parley.ask('update channel_directory set version = version + 1 where channel_id = $1', [channel])
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    const ours = { url: `${parley.url}/hooks/${channel}`, secret, pids: parley.pids }
    let loops = 0
    let statements = 0
    const rows = await inRounds(
      options.rounds,
      [
        {
          name: 'grammY, no store',
          measure: async () => {
            const them = { url: theirs.url, secret: '', pids: [theirs.pid], users }
            await api.talk({ ...them, seconds: WARM_UP })
            return api.talk({ ...them, seconds: options.seconds })
          },
        },
        {
          name: 'Parley, durable',
          measure: async () => {
            loops += (await api.talk({ ...ours, users, seconds: WARM_UP })).ops
            const before = await parley.statements()
            const taken = await api.talk({ ...ours, users, seconds: options.seconds })
            loops += taken.ops
            statements = ((await parley.statements()) - before) / taken.ops
            options.say(`           ${statements.toFixed(2)} SQL statements a loop`)
            await parley.drained()
            const [stored] = await parley.ask<{ came: number; sent: number }>(
              `select (select count(*) from message where direction = 'in')::int as came,
                      (select count(*) from delivery where state = 'sent')::int as sent`,
            )
            if (stored!.came !== loops || stored!.sent !== loops)
              throw new Void(`${loops} loops, ${stored!.came} messages and ${stored!.sent} deliveries stored`)
            return taken
          },
        },
      ],
      options.say,
    )
    return {
      rows,
      // With few users a batch is small, and costs as many statements as a large one.
      verdicts:
        users < FULL_LOAD
          ? []
          : [verdict(statements / 2 < 1, '< 1 SQL statement a message at full load', (statements / 2).toFixed(2))],
      notes: [
        `${loops} loops, as many messages and sent deliveries stored`,
        `${statements.toFixed(2)} SQL statements a loop (two messages)`,
      ],
    }
  } finally {
    await parley.stop()
    await theirs.stop()
    await api.close()
  }
}
