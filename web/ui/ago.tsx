import { Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { language, localeOf } from '../app/words.ts'

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
const EVERY_MS = 30_000

let now = Date.now()
const watching = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all times on the screen. */
function watch(changed: () => void): () => void {
  // The clock stood still while nobody looked.
  if (watching.size === 0) now = Date.now()
  watching.add(changed)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of watching) each()
  }, EVERY_MS)
  return () => {
    watching.delete(changed)
    if (watching.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time as those clocks show it: what is counted from it stays true while it stands there. */
export const useNow = (): number => useSyncExternalStore(watch, () => now)

/** "3 minutes ago", with the exact time on hover. Stays true while it stands there. */
export function Ago({ at }: { at: string }) {
  const base = useNow()
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={at}>{agoWords(at, base)}</time>
    </Tooltip>
  )
}

export function agoWords(at: string, from: number): string {
  // A fresh time may be ahead of a clock that moves every half minute.
  const seconds = Math.round(Math.min(0, Date.parse(at) - from) / 1_000)
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1]
  const words = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' })
  // Seconds would change under the reader's eyes.
  return unit === 'second' ? words.format(0, 'second') : words.format(Math.trunc(seconds / size), unit)
}

/** A style of `Intl` would write "7:16 AM" here, and threads say "07:16 AM". */
const EXACT = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' } as const

export const exactTime = (at: string): string =>
  new Intl.DateTimeFormat(localeOf(language()), EXACT).format(new Date(at))

export const exactDay = (at: string): string =>
  new Intl.DateTimeFormat(localeOf(language()), { dateStyle: 'medium' }).format(new Date(at))
