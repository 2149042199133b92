import { readFile } from 'node:fs/promises'
import { wordsOf } from './words-of.ts'

const PACKAGE = new URL('../../package.json', import.meta.url)

/** `parley version`: one line, for a person and for a script. */
export async function version(args: string[]): Promise<void> {
  wordsOf('version', args, {})
  const { version: number } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string }
  console.log(number)
}
