/** Times as the member reads them: their own zone and language, by `Intl`. */
import { localeOf } from '../../app/words.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`
  const found = formats.get(key) ?? new Intl.DateTimeFormat(localeOf(language), options)
  formats.set(key, found)
  return found
}

export const clockOf = (at: string, language: string): string =>
  format(language, { hour: '2-digit', minute: '2-digit' }).format(new Date(at))

/** The member's calendar day, as a key. */
export const dayKeyOf = (at: string): string => {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

const daysApart = (at: string, now: Date): number => {
  const then = new Date(at)
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  return Math.round((midnight(now) - midnight(then)) / 86_400_000)
}

/** "Today", "Yesterday", "Monday, 3 March", with the year when it is another one. */
export function dayName(at: string, language: string, now = new Date()): string {
  const apart = daysApart(at, now)
  if (apart === 0 || apart === 1) {
    const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-apart, 'day')
    return words.charAt(0).toUpperCase() + words.slice(1)
  }
  const isThisYear = new Date(at).getFullYear() === now.getFullYear()
  return format(language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(new Date(at))
}

/** Short, for a row of the list: the clock today, the weekday this week, else the date. */
export function rowTime(at: string, language: string, now = new Date()): string {
  const apart = daysApart(at, now)
  if (apart === 0) return clockOf(at, language)
  if (apart > 0 && apart < 7) return format(language, { weekday: 'short' }).format(new Date(at))
  const isThisYear = new Date(at).getFullYear() === now.getFullYear()
  return format(
    language,
    isThisYear ? { day: 'numeric', month: 'short' } : { day: '2-digit', month: '2-digit', year: '2-digit' },
  ).format(new Date(at))
}

/** Whole, for what is shown on hover. */
export const fullTime = (at: string, language: string): string =>
  format(language, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(at))

/** Of another year a time says so, unless it is one of the months to come. */
const NEAR_MS = 92 * 86_400_000

export function dayAndClock(at: string, language: string, now = new Date()): string {
  const time = new Date(at)
  const ahead = time.getTime() - now.getTime()
  const saysYear = time.getFullYear() !== now.getFullYear() && !(ahead > 0 && ahead < NEAR_MS)
  return format(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(saysYear ? { year: 'numeric' } : {}),
    hour: '2-digit',
    minute: '2-digit',
  }).format(time)
}

/** "3 minutes ago", "in 21 hours". */
export function relativeTime(at: string, language: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000)
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const [unit, per] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const)
  return relative.format(Math.trunc(seconds / per), unit)
}

/** "17 min", "2 days": how long since then. */
export function lastingSince(at: string, language: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  const [unit, per] = UNITS.find(([, size]) => seconds >= size) ?? (['minute', 60] as const)
  const words = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' })
  return words.format(Math.max(1, Math.trunc(seconds / per)))
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const satisfies readonly (readonly [Intl.RelativeTimeFormatUnit, number])[]

/** 1:05 */
export function lengthOf(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** 4.2 MB */
export function sizeOf(bytes: number, language: string): string {
  const step = Math.min(SIZES.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: SIZES[step]!,
    // The short form of a byte has no plural in English.
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: bytes / 1024 ** step < 10 && step > 0 ? 1 : 0,
  }).format(bytes / 1024 ** step)
}
