import { pino } from 'pino'
import type { Level } from 'pino'
import { scrubber } from './scrub.ts'

export type LogLevel = Level | 'silent'

interface Say {
  (words: string): void
  (about: object, words: string): void
}

/**
 * Structured lines of JSON. Words are for people, everything else is a named value: `log.warn({ channel, error }, 'the line broke')`.
 * Bodies of messages and secrets never reach a line, whatever is handed in: values of speaking keys are withheld, and every secret
 * that was protected is struck out of the finished line, stacks of errors included.
 */
export interface Log {
  readonly trace: Say
  readonly debug: Say
  readonly info: Say
  readonly warn: Say
  readonly error: Say
  readonly fatal: Say
  /** A log whose lines all carry these values too. */
  child(about: object): Log
  /** Never shows this secret; for every log of this family. @returns forgets it again */
  readonly protect: (secret: string) => () => void
  /** For text that is kept elsewhere than in the log: samples, problem reports. */
  readonly scrub: (text: string) => string
}

/**
 * @param level  `PARLEY_LOG`
 * @param write  takes one line with its line break; default the standard output
 */
export function openLog({ level, write = toStdout }: { level: LogLevel; write?: (line: string) => void }): Log {
  const secrets = scrubber()
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      errorKey: 'error',
      serializers: { error: shownError, err: shownError },
      formatters: { level: (label) => ({ level: label }), log: (about) => shown(about, 0) as Record<string, unknown> },
    },
    { write: (line: string) => write(secrets.scrub(line)) },
  )
  return family(root, secrets)
}

function family(root: pino.Logger, secrets: ReturnType<typeof scrubber>): Log {
  const say =
    (level: Level): Say =>
    (about: object | string, words?: string) =>
      typeof about === 'string' ? root[level](about) : root[level](about, words)
  return {
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
    child: (about) => family(root.child(shown(about, 0) as Record<string, unknown>), secrets),
    protect: secrets.protect,
    scrub: secrets.scrub,
  }
}

const toStdout = (line: string) => void process.stdout.write(line)

/** Keys whose values are credentials. */
const CREDENTIALS =
  /(authorization|cookie|password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credentials)$|^auth$/i
/** Keys whose values are what people wrote to each other. */
const BODIES = /^(body|text|html|content|payload|raw|caption|bytes|frame)$/i
const DEEPEST = 6
const MOST_KEYS = 100

/** A copy that may be shown. */
function shown(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return depth === 0 ? value : shownError(value)
  if (value instanceof Date) return value
  if (value instanceof URL) return `${value.protocol}//${value.host}`
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth === DEEPEST) return '[deeper]'
  if (Array.isArray(value)) return value.slice(0, MOST_KEYS).map((item) => shown(item, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value).slice(0, MOST_KEYS)) {
    if (CREDENTIALS.test(key) && inner !== null && inner !== undefined) copy[key] = '[secret]'
    else if (BODIES.test(key) && inner !== null && typeof inner === 'string') copy[key] = `[${inner.length} characters]`
    else if (BODIES.test(key) && typeof inner === 'object' && inner !== null) copy[key] = '[withheld]'
    else copy[key] = shown(inner, depth + 1)
  }
  return copy
}

/** Name, words, stack, causes, and the further values an error carries, with the same care as any object. */
function shownError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return shown(error, 1)
  const { name, message, stack, cause, ...rest } = error as Error & Record<string, unknown>
  const more = shown(rest, 1) as Record<string, unknown>
  return {
    ...more,
    name,
    message,
    stack,
    ...(error instanceof AggregateError &&
      depth < DEEPEST && { errors: error.errors.map((e) => shownError(e, depth + 1)) }),
    ...(cause !== undefined && depth < DEEPEST && { cause: shownError(cause, depth + 1) }),
  }
}
