import type { Log } from './log.ts'

/** A part of a running program, and how it ends. */
export type Part = readonly [name: string, end: () => Promise<unknown>]

/** What flies has its own time limits, all of them shorter: a part that needs more than this hangs. */
const PATIENCE_MS = 30_000
const TELL_AFTER_MS = 5_000

/**
 * Ends parts one after another. One that fails or hangs is told and left, so that those behind it end too: what is left undone is what a
 * killed process leaves, and others take it over.
 *
 * @returns the names of those that were left
 */
export async function endInOrder(parts: readonly Part[], log: Log, patienceMs = PATIENCE_MS): Promise<string[]> {
  const left: string[] = []
  for (const [part, end] of parts) {
    const slow = setTimeout(() => log.warn({ part }, 'a part takes long to end'), TELL_AFTER_MS)
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it did not end within ${patienceMs} ms`)), patienceMs)
    })
    try {
      await Promise.race([end(), tooLong])
    } catch (error) {
      left.push(part)
      log.error({ part, error }, 'a part was left as it was')
    } finally {
      clearTimeout(slow)
      clearTimeout(timer)
    }
  }
  return left
}
