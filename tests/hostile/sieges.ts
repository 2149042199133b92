/** The fuzz run of each connector, by its folder. */
import { besieged, type Besieged } from './besieged.ts'
import { botApi } from './bot-api.ts'
import { chanceOf } from './chance.ts'
import type { Fuzzer, HookTarget } from './hook-fuzzer.ts'
import { judgeJournal } from './journal-kept.ts'
import { mailSiege } from './mail.ts'
import { telegramFuzzer } from './telegram.ts'
import { eachInput, findings, type Findings } from './verdict.ts'
import type { Signs } from './vital-signs.ts'
import { greeted, SITE, SITE_SECRET } from './visitors.ts'
import { webchatFuzzer } from './webchat.ts'
import { wire } from './wire.ts'

export interface SiegeOptions {
  readonly seed: number
  readonly each: number
  /** This number alone. */
  readonly only?: number
  /** Over then, by `performance.now()`. */
  readonly until: number
  readonly keep: boolean
  say(words: string): void
}

export interface Outcome {
  readonly found: Findings
  readonly signs: Signs
}

export const SIEGES: Readonly<Record<string, (options: SiegeOptions) => Promise<Outcome>>> = {
  telegram: async (options) => {
    const api = await botApi()
    try {
      return await siegeOf(options, [api.url], async (parley, target) => {
        const settings = { token: '123456:golden-token', apiUrl: api.url, receive: 'webhook' }
        const aimed = await aimedAt(parley, target, await parley.channel('telegram', settings))
        return { channel: aimed.channel, fuzzer: telegramFuzzer(aimed, await api.secret) }
      })
    } finally {
      await api.close()
    }
  },
  'email-imap': mailSiege,
  webchat: (options) =>
    siegeOf(options, [], async (parley, target) => {
      const settings = { origins: [SITE], identitySecret: SITE_SECRET }
      const aimed = await aimedAt(parley, target, await parley.channel('webchat', settings))
      const guests = await greeted(aimed.wire, aimed.hook, GUESTS)
      return { channel: aimed.channel, fuzzer: webchatFuzzer({ ...aimed, guests, signed: new Set() }) }
    }),
}

const GUESTS = 300
/** Both sides share the machine: more at once would measure the queue. */
const AT_ONCE = 16
/** What is compiled, cached and pooled once is no leak. */
const WARM_UP = 0.2

type Bare = Omit<HookTarget, 'hook'>

const aimedAt = async (_: Besieged, target: Bare, channel: string) => ({
  ...target,
  channel,
  hook: `/hooks/${channel}`,
})

async function siegeOf(
  { seed, each, only, until, keep, say }: SiegeOptions,
  reaches: readonly string[],
  prepare: (parley: Besieged, target: Bare) => Promise<{ channel: string; fuzzer: Fuzzer }>,
): Promise<Outcome> {
  const parley = await besieged(reaches)
  const found = findings()
  const thanked = new Set<string>()
  const to = wire(parley.url)
  try {
    const { channel, fuzzer } = await prepare(parley, { url: parley.url, wire: to, found, thanked })
    const fire = (number: number) =>
      fuzzer(number, chanceOf(seed, number), only === undefined ? undefined : (input) => say(shown(input))).catch(
        (error: unknown) => found.blame(number, (error as Error).message),
      )
    const warm = only === undefined ? Math.floor(each * WARM_UP) : 0
    say('ready, fire')
    if (only === undefined) {
      await eachInput({ from: 0, to: warm, atOnce: AT_ONCE, until }, fire)
      await parley.warm()
      await eachInput({ from: warm, to: each, atOnce: AT_ONCE, until }, fire, (done) => {
        if (done % 10_000 === 0) say(`${warm + done} inputs, ${found.brokenCount} broken`)
      })
    } else await fire(only)
    say('fired, the journal is looked at')
    await judgeJournal(parley.query, channel, thanked, found)
    const signs = await parley.signs()
    if (parley.ended) found.blame(-1, parley.ended)
    return { found, signs }
  } finally {
    to.close()
    const isRed = found.brokenCount > 0
    if (isRed) say(`its log is kept: ${parley.folder}/parley.log`)
    await parley.stop(keep || isRed)
  }
}

/** An input as a person can read it. */
const shown = (input: unknown): string =>
  JSON.stringify(input, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
      ? Buffer.from((value as unknown as { data: number[] }).data)
          .toString('latin1')
          .slice(0, 4_000)
      : value,
  )
