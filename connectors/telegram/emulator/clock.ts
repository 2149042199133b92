/** The emulator's time: the real clock, or one given, moved on by `advance`. Waits end when this clock says so, not the wall. */
export interface EmulatorClock {
  /** Milliseconds since 1970. */
  now(): number
  /** As the Bot API tells time. */
  seconds(): number
  advance(ms: number): void
  /** Resolves when the time has come, or the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  stop(): void
}

/** A given clock may stand still: look again this often. */
const LOOK_MS = 20

export function emulatorClock(real: () => number = Date.now): EmulatorClock {
  let ahead = 0
  const waits = new Set<() => void>()
  const now = () => real() + ahead

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const due = now() + ms
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined
      const end = () => {
        clearTimeout(timer)
        waits.delete(look)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const look = () => {
        clearTimeout(timer)
        const left = due - now()
        if (left <= 0 || signal?.aborted) return end()
        // Not unref'd: whoever waits wants the answer; `stop` ends them all.
        timer = setTimeout(look, Math.min(Math.max(left, LOOK_MS), 2 ** 31 - 1))
      }
      waits.add(look)
      signal?.addEventListener('abort', end)
      look()
    })
  }

  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    advance: (ms) => {
      ahead += ms
      for (const look of waits) look()
    },
    sleep,
    stop: () => {
      ahead = Number.MAX_SAFE_INTEGER
      for (const look of waits) look()
    },
  }
}
