/**
 * What our own commands (`npm run faults`, `simulate`, `fuzz`, `xss`, `bench`) are told. A run of no number of things, or of none, would end
 * green and prove nothing: it does not begin.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** @param usage  one line; said with what is wrong, and for `--help` */
export function commandLine<Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    return misused(`${(error as Error).message}\n${usage}`)
  }
}

/** @param name  of the option, as it is written */
export function wholeNumber(name: string, given: string, { least = 0, most = Number.MAX_SAFE_INTEGER } = {}): number {
  const number = Number(given)
  if (given.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of ${least} at least`
  return misused(`${name} is a whole number ${range}, not ${JSON.stringify(given)}.`)
}

/** Minutes or seconds, of which there may be parts. */
export function someTime(name: string, given: string): number {
  const time = Number(given)
  return given.trim() !== '' && time > 0 ? time : misused(`${name} is a time above 0, not ${JSON.stringify(given)}.`)
}

export function misused(words: string): never {
  console.error(words)
  process.exit(2)
}
