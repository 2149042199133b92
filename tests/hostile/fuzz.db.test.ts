/** A short run of `npm run fuzz`, so that the gate knows that it runs: a few hundred inputs of each connector, always the same. */
import { expect, test } from 'vitest'
import { SIEGES } from './sieges.ts'

const SEED = 7
const EACH = 300

test.each(Object.keys(SIEGES))('%s: a few hundred damaged inputs break nothing', async (name) => {
  const until = performance.now() + 80_000
  const { found, signs } = await SIEGES[name]!({ seed: SEED, each: EACH, until, keep: false, say: () => {} })
  expect(found.broken).toEqual([])
  expect(signs.polluted).toBe(false)
  // It met both doors: what is refused, and what is taken.
  const outcomes = Object.keys(found.outcomes).join(' ')
  expect(outcomes).toMatch(name === 'email-imap' ? /letter: message/ : /\b200\b/)
  expect(outcomes).toMatch(name === 'email-imap' ? /WireBroken/ : /\b401\b/)
})
