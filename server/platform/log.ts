/**
 * Structured logs without message bodies and without tokens. The scrubber knows every secret that was unsealed in this process and
 * strikes it out wherever it turns up: values, error messages, stacks.
 */
import { pino, type Logger } from 'pino'

export interface Log {
  debug(what: object, words: string): void
  info(what: object, words: string): void
  warn(what: object, words: string): void
  error(what: object, words: string): void
}

/** Shorter values would strike out ordinary words. */
const SHORTEST_SECRET = 8

const secrets = new Set<string>()

/** From now on this value appears in no log line. */
export function protect(secret: string): void {
  if (secret.length >= SHORTEST_SECRET) secrets.add(secret)
}

/** A text as it may leave the process: logs, errors shown to members, samples. */
export function scrub(text: string): string {
  let clean = text
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '•••')
  return clean
}

export function startLog(level: string, write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const logger: Logger = pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: pino.stdSerializers.err } },
    { write: (line: string) => write(scrub(line)) },
  )
  return logger
}

/** Says nothing: for tests that are not about logs. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
