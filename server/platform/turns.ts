/**
 * One turn at a time. Whoever asks during a turn gets one more behind it: what he saw is looked at, and two turns never run at once.
 *
 * const reading = turns({ turn: async () => (await readSome()) === FULL, failed: (error) => log.debug({ error }, 'nothing was read') })
 * hints.on('news', () => void reading.ask())
 */
export interface Turns {
  /** Resolves when nothing is left to do, or at once where a turn runs already. Never rejects. */
  ask(): Promise<void>
  /** No further turn begins. @returns when the one that runs has ended */
  close(): Promise<void>
}

export function turns(deps: {
  /** @returns whether more waits */
  turn(): Promise<boolean | void>
  /** A turn that fails is the last until somebody asks again. */
  failed(error: unknown): void
  /** From the beginning of a turn to that of the next: what comes meanwhile shares it. */
  atLeastMs?: number
}): Turns {
  const { turn, failed, atLeastMs = 0 } = deps
  let running: Promise<void> | undefined
  let again = false
  let closed = false
  let began = Number.NEGATIVE_INFINITY

  async function run(): Promise<void> {
    try {
      do {
        const restMs = began + atLeastMs - performance.now()
        if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
        if (closed) return
        again = false
        began = performance.now()
        const more = await turn()
        if (more) again = true
      } while (again && !closed)
    } catch (error) {
      failed(error)
    } finally {
      running = undefined
    }
  }

  return {
    ask: async () => {
      if (closed) return
      again = true
      if (!running) await (running = run())
    },
    close: async () => {
      closed = true
      await running
    },
  }
}
