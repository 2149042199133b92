/**
 * `npm run xss -- --seed N --payloads 600 [--from 200]`, the latter to go on behind those that were walked already
 *
 * Red: something ran, a dialog, a request to elsewhere, a refusal by the content policy, an element that may not stand there, or a field
 * that never showed its payload: what was not shown proves nothing.
 */
import { commandLine, wholeNumber } from '#tests/support/command-line.ts'
import { payloadsOf } from './payloads.ts'
import { xssSiege } from './siege.ts'

const { values } = commandLine('npm run xss -- [--seed N] [--payloads K] [--from I]', {
  options: {
    seed: { type: 'string', default: '1' },
    payloads: { type: 'string', default: '600' },
    from: { type: 'string', default: '0' },
  },
})
const began = performance.now()
const say = (words: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${words}`)
const most = wholeNumber('--payloads', values.payloads, { least: 1 })
const from = wholeNumber('--from', values.from, { most: most - 1 })
const payloads = payloadsOf(wholeNumber('--seed', values.seed), most).slice(from)
const { fields, shown, unseen, wrong } = await xssSiege({ payloads, say })
for (const words of wrong.slice(0, 40)) console.log(`   ✗ ${words}`)
for (const [field, numbers] of Object.entries(unseen))
  console.log(`   ✗ ${field} was not shown with ${numbers.length} payloads: ${numbers.slice(0, 10).join(', ')}`)
say(`${payloads.length} payloads × ${fields.length} fields: ${shown} of ${payloads.length * fields.length} shown`)
const isRed = wrong.length > 0 || Object.keys(unseen).length > 0
say(`${isRed ? `red: ${wrong.length} wrong` : 'green'}, seed=${values.seed} from=${values.from}`)
process.exit(isRed ? 1 : 0)
