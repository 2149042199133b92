/** The fuzz run of mail: letters and servers by turns, in this process, as the connector's line and its reader's thread run in Parley. */
import { incomingReader } from '#connector-kit/heavy.ts'
import { chanceOf } from './chance.ts'
import { fireServer } from './imap.ts'
import { fireLetter } from './letters.ts'
import type { Outcome, SiegeOptions } from './sieges.ts'
import { eachInput, findings } from './verdict.ts'
import { vitalSigns } from './vital-signs.ts'

const CONNECTORS = new URL('../../connectors/', import.meta.url)
/** A burst of answers parsed in one go would measure the fuzzer. */
const AT_ONCE = 6
const WARM_UP = 0.2

export async function mailSiege({ seed, each, only, until, say }: SiegeOptions): Promise<Outcome> {
  const found = findings()
  const reader = incomingReader(CONNECTORS)
  const signs = vitalSigns()
  // Nobody waits for it, and it would end the program: of no single input, for it comes later.
  const stray = (error: unknown) =>
    found.blame(-1, `nobody waited for: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  process.on('uncaughtException', stray).on('unhandledRejection', stray)
  const tell = only === undefined ? undefined : (input: unknown) => say(JSON.stringify(input))
  const fire = async (number: number) => {
    const random = chanceOf(seed, number)
    try {
      await (number % 2 === 0
        ? fireLetter(reader, found, number, random, tell)
        : fireServer(found, number, random, tell))
    } catch (error) {
      found.blame(number, (error as Error).stack ?? String(error))
    }
  }
  try {
    if (only === undefined) {
      const warm = Math.floor(each * WARM_UP)
      await eachInput({ from: 0, to: warm, atOnce: AT_ONCE, until }, fire)
      signs.warm()
      await eachInput({ from: warm, to: each, atOnce: AT_ONCE, until }, fire, (done) => {
        if (done % 10_000 === 0) say(`${warm + done} inputs, ${found.brokenCount} broken`)
      })
    } else await fire(only)
    return { found, signs: signs.read() }
  } finally {
    process.off('uncaughtException', stray).off('unhandledRejection', stray)
    await reader.close()
  }
}
