/** The connection to the receiving server, signed in, over the line's checked socket. */
import { ImapFlow, type ImapFlowError, type ImapTransport, type ImapTransportSocket } from 'imapflow'
import type { Line } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { wireFaultIn } from '#connector-kit/wire-fault.ts'
import { noStartTls } from './no-starttls.ts'
import { staysHere, type Settings } from './settings.ts'

/** RFC 2177 wants IDLE renewed before 29 min; routers forget a silent connection sooner. */
const IDLE_MS = 5 * 60_000
const ANSWER_MS = 60_000
/** From the last command to IDLE: an act of several commands shall not pay for it between them. */
const AFTER_MS = 200
/** What one answer may hold: we ask for pieces of 256 KB. */
const MOST_LITERAL = 1024 * 1024

/** @throws SendError `signed_out` or `refused` in the server's words · WireBroken */
export async function openImap(line: Line<Settings>): Promise<ImapFlow> {
  const { imap, user, password } = line.settings
  const socket = await line.dial(imap)
  const transport: ImapTransport = {
    connect: (_, connected) => {
      queueMicrotask(connected)
      return socket as ImapTransportSocket
    },
    upgrade: (plain, _, secured) => line.secure(plain, imap.host).once('secureConnect', secured) as ImapTransportSocket,
  }
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.tls,
    auth: { user, pass: password },
    ...(imap.tls ? {} : { doSTARTTLS: !staysHere(imap) }),
    transport,
    logger: false,
    clientInfo: { name: 'Parley' },
    autoIdleDelay: AFTER_MS,
    maxIdleTime: IDLE_MS,
    greetingTimeout: 15_000,
    socketTimeout: IDLE_MS + ANSWER_MS,
    maxLineLength: MOST_LITERAL,
    maxLiteralSize: MOST_LITERAL,
    maxResponseSize: 4 * MOST_LITERAL,
    maxResponseTokens: 200_000,
  })
  // Whoever waits for an answer hears of it as well; without a listener the process would end.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    client.close()
    // Its error for a server that has no STARTTLS has no code of its own.
    if ((error as ImapFlowError).tlsFailed && !wireFaultIn(error) && !client.capabilities.has('STARTTLS'))
      throw noStartTls('IMAP', imap, imapWords(error))
    throw imapError(error)
  }
  return client
}

/** An error of the library in the kit's words. */
export function imapError(error: unknown): Error {
  if (error instanceof SendError || error instanceof WireBroken) return error
  const { authenticationFailed, tlsFailed, serverResponseCode } = error as ImapFlowError
  const words = imapWords(error)
  if (serverResponseCode === 'UNAVAILABLE' || serverResponseCode === 'LIMIT') return new WireBroken(words, false)
  if (authenticationFailed) return new SendError('signed_out', { words: `IMAP: ${words}` })
  const fault = wireFaultIn(error)
  if (fault) return new WireBroken(`IMAP: ${words}`, false, 'wire', fault)
  if (tlsFailed) return new SendError('refused', { words: `IMAP: ${words}` })
  return new WireBroken(`IMAP: ${words}`, false, 'wire', 'cut')
}

const imapWords = (error: unknown): string => (error as ImapFlowError).responseText ?? (error as Error).message
