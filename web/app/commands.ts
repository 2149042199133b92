/** What the command bar offers besides the places: each page adds its own while it is open. */
import { useEffect, useRef } from 'react'

export interface Command {
  readonly id: string
  /** In the member's language. */
  readonly label: string
  /** Words under the label. */
  readonly about?: string
  /** Other words that find it. */
  readonly also?: string
  /** A chord of `keys.ts`, shown beside it. */
  readonly keys?: string
  readonly run: () => void
}

/** Answers typing with rows of its own, e.g. contacts; called after a short rest. */
export type CommandSource = (typed: string, signal: AbortSignal) => Promise<readonly Command[]>

const groups = new Set<{ commands: readonly Command[]; source?: CommandSource }>()

export const allCommands = (): Command[] => [...groups].flatMap((group) => group.commands)
export const commandSources = (): CommandSource[] => [...groups].flatMap((group) => group.source ?? [])

/** Commands of this component while it is on the screen. */
export function useCommands(commands: readonly Command[], source?: CommandSource): void {
  const latest = useRef({ commands, source })
  useEffect(() => {
    latest.current = { commands, source }
  })
  useEffect(() => {
    const group = {
      get commands() {
        return latest.current.commands
      },
      get source() {
        return latest.current.source
      },
    }
    groups.add(group as { commands: readonly Command[] })
    return () => void groups.delete(group as { commands: readonly Command[] })
  }, [])
}
