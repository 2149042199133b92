/**
 * `npm run simulate -- [--seed N] [--seeds K]`: K runs from seed N on, without a database and without sockets. Red prints `seed=… layer=simulation`,
 * what was broken and the end of the trace, and exits with 1; `--seed N` alone is that run again, with its whole trace.
 */
import { commandLine, wholeNumber } from '#tests/support/command-line.ts'
import { simulate } from './simulate.ts'

const { values } = commandLine('npm run simulate -- [--seed N] [--seeds K]', {
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string' } },
})
const first = wholeNumber('--seed', values.seed)
const alone = values.seeds === undefined
const count = alone ? 1 : wholeNumber('--seeds', values.seeds!, { least: 1 })
const LAST_LINES = 60

const began = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const { broken } = await simulate(seed)
  if (broken.length === 0 && !alone) continue
  const { trace } = await simulate(seed, true)
  for (const line of alone ? trace : trace.slice(-LAST_LINES)) console.log(line)
  for (const words of broken) console.log(`   ✗ ${words}`)
  if (broken.length === 0) continue
  console.log(`red: seed=${seed} layer=simulation`)
  process.exitCode = 1
  break
}
const minutes = (performance.now() - began) / 60_000
if (!process.exitCode)
  console.log(`green: seeds ${first} to ${first + count - 1}, ${Math.round(count / minutes)} seeds a minute`)
