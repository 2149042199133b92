import { parseArgs, type ParseArgsConfig } from 'node:util'
import { StartFailure } from '../platform/start-failure.ts'
import { usageOf, type CommandName } from './cards.ts'

/**
 * What was typed after a command's name.
 * @throws StartFailure with how the command goes, for an unknown option or too many words
 */
export function wordsOf<Options extends NonNullable<ParseArgsConfig['options']>>(
  command: CommandName,
  args: string[],
  options: Options,
  mostWords = 0,
) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: mostWords > 0 })
    if (positionals.length > mostWords) throw new Error(`"${positionals[mostWords]}" is one word too many`)
    return { values, words: positionals }
  } catch (error) {
    throw new StartFailure(`${(error as Error).message.replace(/\.$/, '')}. It goes: ${usageOf(command)}`)
  }
}
