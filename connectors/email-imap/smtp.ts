/**
 * The sending server: one connection a letter, so that its end is known for certain. The letter has left when its last byte was handed
 * over: then the final dot is on its way, and only the server knows whether it took the letter.
 */
import { PassThrough } from 'node:stream'
// oxlint-disable-next-line no-restricted-imports -- a type: the line's checked socket is what the library takes
import type { Socket } from 'node:net'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Line } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { wireFaultIn } from '#connector-kit/wire-fault.ts'
import { compose } from './compose.ts'
import type { OutgoingLetter, SmtpAnswer } from './frames.ts'
import { noStartTls } from './no-starttls.ts'
import { staysHere, type Settings } from './settings.ts'

const GREETING_MS = 15_000
/** RFC 5321 §4.5.3.2 allows ten minutes for the last answer; our lanes wait for it, so we give up earlier and say "unconfirmed". */
const SILENT_MS = 60_000

/** STARTTLS is the library's own handshake, and Node's default would listen to NODE_TLS_REJECT_UNAUTHORIZED. */
const TRUSTED = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const

const TAKEN: SmtpAnswer = { code: 250, words: '' }

/** Signs in and leaves. */
export const proveSmtp = (line: Line<Settings>): Promise<SmtpAnswer> => signedIn(line, async () => TAKEN)

/** @throws WireBroken, which says whether the whole letter had left · SendError for a file that could not be read */
export function sendLetter(line: Line<Settings>, letter: OutgoingLetter, key: string): Promise<SmtpAnswer> {
  return signedIn(line, (connection, broke) => {
    let left = false
    let fileError: unknown
    const bytes = new PassThrough()
    const source = compose(letter, key, line, (error) => {
      fileError = error
    })
    source.on('error', (error) => bytes.destroy(error))
    source.pipe(bytes)
    bytes.once('end', () => {
      left = true
    })
    const broken = (error: Error) =>
      fileError === undefined
        ? new WireBroken(`SMTP: ${error.message}`, left, 'wire', wireFaultIn(error) ?? 'cut')
        : new SendError('media_not_ready', { words: 'a file of this letter could not be read' })
    return new Promise<SmtpAnswer>((resolve, reject) => {
      broke((error) => reject(broken(error)))
      connection.send(
        { from: letter.from.address, to: [letter.to, ...letter.cc, ...letter.bcc] },
        bytes,
        (error, info) => {
          if (error) {
            const told = answerOf(error)
            if (told) resolve(told)
            else reject(broken(error))
            return
          }
          // Some of several receivers were refused: the one whom the letter is for decides.
          const refused = info?.rejectedErrors?.find((each) => each.recipient === letter.to)
          const renamed = info?.serverMessageId?.replace(/^<|>$/g, '')
          resolve(
            (refused && answerOf(refused)) ?? {
              ...TAKEN,
              words: info?.response ?? '',
              ...(renamed ? { renamed } : {}),
            },
          )
        },
      )
    }).finally(() => source.destroy())
  })
}

async function signedIn(
  line: Line<Settings>,
  act: (connection: SMTPConnection, broke: (tell: (error: Error) => void) => void) => Promise<SmtpAnswer>,
): Promise<SmtpAnswer> {
  const { smtp, user, password } = line.settings
  const connection = new SMTPConnection({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls,
    secured: smtp.tls,
    connection: (await line.dial(smtp)) as Socket,
    ...(smtp.tls ? {} : staysHere(smtp) ? { ignoreTLS: true } : { requireTLS: true, tls: TRUSTED }),
    name: line.settings.address.split('@')[1],
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENT_MS,
    logger: false,
  })
  let tell: (error: Error) => void = () => {}
  connection.on('error', (error: Error) => tell(error))
  connection.on('end', () => tell(new Error('the server closed the connection')))
  try {
    for (const step of ['connect', 'login'] as const) {
      const refused = await new Promise<SmtpAnswer | null>((resolve, reject) => {
        const done = (error?: Error | null) => {
          if (!error) return resolve(null)
          if (isWithoutTls(error)) return reject(noStartTls('SMTP', smtp, error.message))
          const told = answerOf(error)
          if (told) resolve(told)
          else reject(new WireBroken(`SMTP: ${error.message}`, false, 'wire', wireFaultIn(error) ?? 'cut'))
        }
        tell = done
        if (step === 'connect') connection.connect(done)
        else connection.login({ user, pass: password }, done)
      })
      if (refused) return refused
    }
    return await act(connection, (listener) => {
      tell = listener
    })
  } finally {
    tell = () => {}
    connection.quit()
  }
}

/** It refused STARTTLS, whatever its number: nothing was asked of it yet that could be refused. */
const isWithoutTls = (error: Error & { code?: string; command?: string; responseCode?: number }): boolean =>
  error.code === 'ETLS' && error.command === 'STARTTLS' && error.responseCode !== undefined

/** null: it was not a server that spoke. */
function answerOf(error: unknown): SmtpAnswer | null {
  const { responseCode, response, code, message } = error as {
    responseCode?: number
    response?: string
    code?: string
    message: string
  }
  if (responseCode) return { code: responseCode, words: (response ?? message).slice(0, 500) }
  // Encryption failed, or it offers no sign-in that we know: waiting does not help.
  if (code === 'ETLS' || code === 'ENOAUTH') return { code: 538, words: message }
  // Nodemailer refuses the envelope: an address that no server could take.
  return code === 'EENVELOPE' ? { code: 0, words: message } : null
}
