import type { Given, ParameterType } from '../parameters.ts'
import type { Bot, World } from '../world.ts'

/** One call of the Bot API as the emulator does it. */
export interface Method {
  takes: Readonly<Record<string, ParameterType>>
  /** @returns the `result`; @throws Refusal */
  run(call: Call): unknown
  /** Others see what it does: faults of sending meet it. */
  isSending?: true
}

export interface Call {
  world: World
  bot: Bot
  given: Given
  /** The caller went away. */
  signal: AbortSignal
  /** Shown beside the result. */
  describe: (words: string) => void
}

export type Methods = Readonly<Record<string, Method>>
