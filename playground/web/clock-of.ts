import type { Language } from './words.ts'

const CLOCK = { hour: '2-digit', minute: '2-digit' } as const

/** Today the time, before that the day too. */
export function clockOf(at: number, language: Language): string {
  const day = new Date(at)
  const isToday = day.toDateString() === new Date().toDateString()
  return day.toLocaleString(language, isToday ? CLOCK : { weekday: 'short', ...CLOCK })
}
