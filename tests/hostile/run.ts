/**
 * `npm run fuzz -- --seed N --each 100000 [--connector telegram|email-imap|webchat] [--only NUMBER] [--minutes M] [--keep]`
 *
 * Webhooks and visitors: a whole Parley in a process of its own, over HTTP and WebSocket. Mail: letters in the reader's thread, servers'
 * answers on the connector's line. Warm-up → measure → the rest of the inputs → what was thanked for is looked for.
 * Red names each input by its number and exits with 1; `--only` shows that input and fires it alone.
 */
import { randomBytes } from 'node:crypto'
import { commandLine, misused, someTime, wholeNumber } from '#tests/support/command-line.ts'
import { SIEGES } from './sieges.ts'
import type { Findings } from './verdict.ts'
import type { Signs } from './vital-signs.ts'

const USAGE = `npm run fuzz -- [--seed N] [--each K] [--connector ${Object.keys(SIEGES).join('|')}] [--only NUMBER] [--minutes M] [--keep]`

const { values } = commandLine(USAGE, {
  options: {
    seed: { type: 'string', default: String(randomBytes(3).readUIntBE(0, 3)) },
    each: { type: 'string', default: '100000' },
    connector: { type: 'string', multiple: true, default: Object.keys(SIEGES) },
    only: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    keep: { type: 'boolean', default: false },
  },
})
const seed = wholeNumber('--seed', values.seed)
const each = wholeNumber('--each', values.each, { least: 1 })
const only = values.only === undefined ? undefined : wholeNumber('--only', values.only)
const minutes = someTime('--minutes', values.minutes)
const unknown = values.connector.find((name) => !SIEGES[name])
if (unknown !== undefined) misused(`there is no fuzzer of ${unknown}\n${USAGE}`)
const MOST_LAG_MS = 100
const MOST_GROWN_MB = 50

const wordsOf = ({ broken }: Findings): string[] =>
  broken.map(({ number, what }) => `${number < 0 ? 'all' : `seed=${seed} number=${number}`}: ${what}`)

const ailments = ({ lagP99Ms, grownMb, polluted }: Signs): string[] => [
  ...(lagP99Ms < MOST_LAG_MS ? [] : [`the event loop was late by ${lagP99Ms} ms (p99)`]),
  ...(grownMb < MOST_GROWN_MB ? [] : [`memory grew by ${grownMb} MB`]),
  ...(polluted ? ['a prototype was polluted'] : []),
]

for (const name of values.connector) {
  const siege = SIEGES[name]!
  const began = performance.now()
  const say = (words: string) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${name}: ${words}`)
  say(`seed ${seed}, ${only === undefined ? `${each} inputs` : `input ${only} alone`}`)
  const until = began + minutes * 60_000
  const outcome = await siege({
    seed,
    each,
    until,
    say,
    keep: values.keep,
    ...(only === undefined ? {} : { only }),
  }).catch((error: unknown) => error as Error)
  if (outcome instanceof Error) {
    console.log(`   ✗ ${outcome.message}`)
    say(`red: seed=${seed}`)
    process.exitCode = 1
    continue
  }
  const { found, signs } = outcome
  say(JSON.stringify({ ...found.outcomes }))
  say(JSON.stringify(signs))
  const broken = [...wordsOf(found), ...(only === undefined ? ailments(signs) : [])]
  for (const words of broken.slice(0, 40)) console.log(`   ✗ ${words}`)
  if (broken.length > 0) process.exitCode = 1
  say(broken.length > 0 ? `red: ${found.brokenCount} broken, seed=${seed}` : `green: seed=${seed}`)
}
// Sockets that a damaged server left half open hold nobody up.
process.exit()
