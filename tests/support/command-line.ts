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

interface Range {
  least?: number
  most?: number
}

/** @param name  of the option, as it is written */
export function wholeNumber(name: string, given: string, range: Range = {}): number {
  return numberIn(given, range) ?? misused(wordsOf(name, given, range))
}

/**
 * The same of a run of tests, which has no command line: by the environment.
 * @throws the words, for a file of tests must not end the process: it is red, and none of its tests begins
 */
export function wholeNumberOf(variable: string, otherwise: number, range: Range = {}): number {
  const given = process.env[variable]
  if (given === undefined) return otherwise
  const number = numberIn(given, range)
  if (number === null) throw new Error(wordsOf(variable, given, range))
  return number
}

function numberIn(given: string, { least = 0, most = Number.MAX_SAFE_INTEGER }: Range): number | null {
  const number = Number(given)
  return given.trim() !== '' && Number.isInteger(number) && number >= least && number <= most ? number : null
}

function wordsOf(name: string, given: string, { least = 0, most }: Range): string {
  const range = most === undefined ? `of ${least} at least` : `from ${least} to ${most}`
  return `${name} is a whole number ${range}, not ${JSON.stringify(given)}.`
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
