import { WireBroken } from '#connector-kit/perform.ts'
import type { ServerSettings } from './settings.ts'

/** A server that begins in the clear and stays there: which of the two it is is what has to be changed. */
export function noStartTls(protocol: 'IMAP' | 'SMTP', { host, port }: ServerSettings, words: string): WireBroken {
  const place = `${protocol} ${host}:${port}`
  return new WireBroken(`${place}: ${words}`, false, 'wire', 'no_starttls', place)
}
