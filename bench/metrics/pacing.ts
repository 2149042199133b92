/**
 * 5: twenty channels at once, each as fast as its network allows and no faster. The fake platform counts by token buckets of its own, for the
 * account and for each chat, and answers 429 to what is too much; then one channel is refused whatever it says, and the others must not feel it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Wire } from '#connector-kit/perform.ts'
import type { Abilities, Rate } from '#contract/message/abilities.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { pacing as pacer } from '#server/delivery/pacing.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { aim, PACING, verdict } from '../limits.ts'
import { cpuMsOf } from '../support/cpu.ts'
import { aBareDatabase, aLiveChannel, answer, enqueue, openOutbox } from '../support/outbox.ts'
import { figure, quantile } from '../support/rounds.ts'
import { table, type Found } from '../support/tables.ts'

/** Limits as networks state them, and how many of the twenty channels have them. */
const LIMITS: readonly { channels: number; pacing: Abilities['pacing'] }[] = [
  { channels: 8, pacing: { channel: [{ n: 30, per: 1 }], chat: [{ n: 1, per: 1, burst: 3 }] } },
  { channels: 3, pacing: { channel: [{ n: 80, per: 1 }], chat: [{ n: 1, per: 6, burst: 45 }] } },
  { channels: 2, pacing: { channel: [{ n: 50, per: 1 }], chat: [{ n: 5, per: 5 }] } },
  { channels: 2, pacing: { channel: [{ n: 20, per: 1 }] } },
  { channels: 2, pacing: { channel: [{ n: 1, per: 1, burst: 10 }], chat: [{ n: 1, per: 2, burst: 3 }] } },
  { channels: 1, pacing: { channel: [{ n: 10, per: 1 }] } },
  { channels: 1, pacing: { channel: [{ n: 300, per: 1 }] } },
  { channels: 1, pacing: { channel: [{ n: 500, per: 1 }], chat: [{ n: 20, per: 1 }] } },
]
/** Seconds until what was saved up is spent and the pace is steady. */
const SETTLES = 3
/** Of the first channel, while it is refused. */
const STORM = 0

interface Account {
  readonly live: LiveChannel
  readonly rate: number
  /** When each message was accepted. */
  accepted: number[]
  violations: number
  storms: boolean
}

export async function pacing(options: { seconds: number; say(words: string): void }): Promise<Found> {
  const { seconds, say } = options
  const world = await aBareDatabase()
  try {
    const workspace = await aWorkspace(world.database)
    const accounts: Account[] = []
    for (const { channels, pacing: limits } of LIMITS)
      for (let each = 0; each < channels; each++) {
        const [{ n, per }] = limits.channel as [Rate]
        const live = await aLiveChannel(world.database, workspace, limits)
        accounts.push({ live, rate: n / per, accepted: [], violations: 0, storms: false })
      }
    let chats = 0
    for (const { live, rate } of accounts) {
      // Never empty: both phases, what settles, and a margin.
      const jobs = Math.ceil(rate * (SETTLES + 2 * seconds + 4) * 1.1) + 20
      await enqueue(world, live, { people: jobs, jobs })
      chats += jobs
    }
    await world.owner.query('analyze')
    say(`  ${chats.toLocaleString('en')} messages wait, each in a chat of its own`)

    const platforms = new Map(accounts.map((account) => [account.live.id, platformOf(account)]))
    const outbox = await openOutbox(
      world.database,
      accounts.map(({ live }) => live),
      ({ id }) => platforms.get(id)!,
    )
    await delay(SETTLES * 1000)
    const calm = await phase()
    accounts[STORM]!.storms = true
    const storm = await phase()
    await outbox.close()

    async function phase() {
      for (const account of accounts) account.accepted = []
      const before = cpuMsOf(world.pids)
      const began = performance.now()
      await delay(seconds * 1000)
      const took = (performance.now() - began) / 1000
      const counted = accounts.map(({ accepted, rate }) => ({ sent: accepted.length, allowed: rate * took }))
      const others = accounts.filter((_, index) => index !== STORM)
      const gaps = others.flatMap(({ accepted, rate }) =>
        accepted.slice(1).map((at, index) => at - accepted[index]! - 1000 / rate),
      )
      const sent = counted.reduce((sum, each) => sum + each.sent, 0)
      return {
        counted,
        sent,
        share: shareOf(counted),
        others: shareOf(counted.filter((_, index) => index !== STORM)),
        worst: Math.min(
          ...counted
            .filter(({ allowed }, index) => allowed >= 20 && !accounts[index]!.storms)
            .map((each) => each.sent / each.allowed),
        ),
        lateMs: gaps.length > 0 ? quantile(gaps, 0.99) : Number.NaN,
        cpuUs: ((cpuMsOf(world.pids) - before) * 1000) / Math.max(1, sent),
      }
    }

    const violations = accounts.reduce((sum, account) => sum + account.violations, 0)
    const percent = (share: number) => `${(share * 100).toFixed(1)} %`
    const own = cpuOfPacing()
    return {
      table: table(
        [
          '',
          'sent',
          'of what is allowed',
          'the slowest channel',
          'the 19 others',
          'p99 of their delay to an even pace, ms',
          'CPU-µs a message, PostgreSQL included',
        ],
        [
          ['all at once', calm],
          ['one is refused', storm],
        ].map(([name, each]) => {
          const { sent, share, worst, others, lateMs, cpuUs } = each as typeof calm
          return [
            name as string,
            sent.toLocaleString('en'),
            percent(share),
            percent(worst),
            percent(others),
            lateMs.toFixed(1),
            figure(cpuUs),
          ]
        }),
      ),
      verdicts: [
        verdict(calm.share >= PACING.share, `≥ ${PACING.share * 100} % of the allowed rate`, percent(calm.share)),
        verdict(violations === 0, '0 violations', String(violations)),
        aim(calm.share >= PACING.aim.share, `≥ ${PACING.aim.share * 100} % of the allowed rate`, percent(calm.share)),
        aim(
          own <= PACING.aim.ownUs,
          `pacing itself ≤ ${PACING.aim.ownUs} CPU-µs a message, with 100,000 chats`,
          figure(own),
        ),
        aim(
          storm.lateMs <= calm.lateMs * PACING.aim.moved,
          'the others’ p99 unmoved while one is refused',
          `${storm.lateMs.toFixed(1)} ms, ${calm.lateMs.toFixed(1)} ms before`,
        ),
      ],
      notes: [
        `${chats.toLocaleString('en')} chats with a message each; ${figure(accounts.reduce((sum, { rate }) => sum + rate, 0))} messages a second are allowed in all`,
      ],
    }
  } finally {
    await world.stop()
  }
}

const shareOf = (some: readonly { sent: number; allowed: number }[]) =>
  some.reduce((sum, each) => sum + each.sent, 0) / some.reduce((sum, each) => sum + each.allowed, 0)

/** Counts as networks do: what is saved up at most, and what comes back each second. */
function platformOf(account: Account): Wire {
  const limits = account.live.abilities.pacing
  const ofAccount = (limits.channel ?? []).map(allowance)
  const ofChats = new Map<string, ((now: number) => boolean)[]>()
  let ids = 0
  return async (request) => {
    const { chat } = (request as { body: { json: { chat: string } } }).body.json
    if (account.storms) return answer(429, {}, '')
    const now = performance.now()
    const ofChat = ofChats.get(chat) ?? (limits.chat ?? []).map(allowance)
    ofChats.set(chat, ofChat)
    if ([...ofAccount, ...ofChat].some((take) => !take(now))) {
      account.violations++
      return answer(429, {}, '1')
    }
    account.accepted.push(now)
    return answer(200, { id: String(++ids) })
  }
}

function allowance({ n, per, burst = n }: Rate): (now: number) => boolean {
  let level = burst
  let at = performance.now()
  return (now) => {
    level = Math.min(burst, level + ((now - at) * n) / per / 1000)
    at = now
    if (level < 1 - 1e-6) return false
    level--
    return true
  }
}

/** What is asked of the pacing for a message: which lanes wait, is there room, take, accepted. */
function cpuOfPacing(): number {
  const paced = pacer({ channel: [{ n: 30, per: 1 }], chat: [{ n: 1, per: 1, burst: 3 }] }, 0)
  const messages = 300_000
  const before = process.cpuUsage()
  for (let message = 0; message < messages; message++) {
    const now = (message * 1000) / 30
    const lane = String(message % 100_000)
    if (message % 30 === 0) paced.waitingLanes(now)
    if (paced.room(now) >= 1 && paced.chatReadyAt(lane, now) <= now) paced.take(lane, now)
    paced.accepted()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / messages
}
