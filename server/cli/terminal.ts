/** What commands print: colours and progress only where a person looks. */
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Coloured on a terminal, plain in a file or a pipe, and where NO_COLOR asks for it. */
export const coloured = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(style, text, { stream, validateStream: true })

export type Language = 'en' | 'ru'

/** As the operator's shell says. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  return /^ru/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'ru' : 'en'
}

export function sizeOf(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let size = bytes
  let unit = 0
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_000
    unit++
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`
}

export interface Progress {
  /** Another `bytes` of it are done. */
  add(bytes: number): void
  end(): void
}

/** A line that counts, on a terminal; nothing elsewhere. */
export function progress(what: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0
  let shownAt = 0
  const show = () => stream.write(`\r\u001B[2K${what} ${sizeOf(done)}`)
  return {
    add: (bytes) => {
      done += bytes
      if (!stream.isTTY || performance.now() - shownAt < 100) return
      shownAt = performance.now()
      show()
    },
    end: () => {
      if (stream.isTTY) stream.write('\r\u001B[2K')
    },
  }
}

/** "yesterday 18:02", "today 07:15", "24 Nov 09:30": in the machine's own time. */
export function whenWas(moment: Date, now = new Date()): string {
  const time = `${String(moment.getHours()).padStart(2, '0')}:${String(moment.getMinutes()).padStart(2, '0')}`
  const midnight = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime()
  const days = Math.round((midnight(now) - midnight(moment)) / 86_400_000)
  if (days === 0) return `today ${time}`
  if (days === 1) return `yesterday ${time}`
  return `${moment.getDate()} ${moment.toLocaleString('en', { month: 'short' })} ${moment.getFullYear()} ${time}`
}
