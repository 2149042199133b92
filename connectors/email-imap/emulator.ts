/**
 * A mail provider of one mailbox on this machine: receiving by IMAP, sending by SMTP, and people of `people.test` who write to it. Letters
 * to its own people arrive; to nobody else they are refused, at once or later by a bounce.
 */
import type { AddressInfo } from 'node:net'
import type { Emulator, EmulatorCall, EmulatorOptions, Never } from '#connector-kit/emulator/emulator.ts'
import { noFaults } from '#connector-kit/emulator/faults.ts'
import { bounceOf, type Bounce } from './emulator/bounce.ts'
import { imapServer } from './emulator/imap-server.ts'
import { openMailbox, type Mailbox } from './emulator/mailbox.ts'
import { mailPhone, type MailPhone } from './emulator/phone.ts'
import { withProviderHeaders } from './emulator/provider-headers.ts'
import { smtpServer, type Accepted } from './emulator/smtp-server.ts'
import type { Settings } from './settings.ts'

export interface MailEmulator extends Emulator {
  readonly settings: Settings
  /** `host:port` of both servers, for `PARLEY_PRIVATE_HOSTS`. */
  readonly hosts: string[]
  readonly mailbox: Mailbox
  /** Letters that the sending server took, oldest first. */
  readonly sent: Accepted[]
  phone(name: string): MailPhone
  /** Brings this letter into the inbox as it is. */
  deliver(raw: Buffer | string): void
  /** A server says later that a letter of ours could not be delivered. */
  bounce(bounce: Omit<Bounce, 'to'>): void
  changePassword(password: string): void
  /** Breaks all connections, as a restart of the receiving server does. */
  cutLines(): void
  /** Whether the provider keeps copies of what is sent among the sent letters, as Gmail does. */
  keepsCopies: boolean
}

export const never: Never = {
  html: 'servers of mail speak no HTTP',
  changed: 'servers of mail speak no HTTP',
  reorder: 'a mailbox is read in its own order',
  media_gone: 'files come inside the letter',
  silent: 'a letter that was never put into the mailbox is nobody’s to find',
}

const ADDRESS = 'shop@provider.test'
/** Addresses that the sending server takes letters for and that come back later. */
const LATE = /@(late|nowhere)\.test$/

export default async function startMail({ now: clock = Date.now }: EmulatorOptions = {}): Promise<MailEmulator> {
  let ahead = 0
  let password = 'right password'
  const now = () => clock() + ahead
  const log: EmulatorCall[] = []
  const sent: Accepted[] = []
  const phones = new Map<string, MailPhone>()
  const mailbox = openMailbox(now)
  const faults = noFaults(never)

  const note = (what: string, body: unknown, status?: number) =>
    log.push({ at: now(), what, body, ...(status === undefined ? {} : { status }) })
  const deliver = (raw: Buffer | string) => {
    mailbox.add('INBOX', raw)
    if (faults.take('duplicate')) mailbox.add('INBOX', raw)
  }
  const phone = (name: string): MailPhone => {
    const known = [...phones.values()].find((each) => each.name === name)
    if (known) return known
    const added = mailPhone({
      name,
      to: ADDRESS,
      now,
      deliver,
      isForged: () => faults.take('forged') !== undefined,
    })
    phones.set(added.address, added)
    return added
  }

  const smtp = smtpServer({
    user: ADDRESS,
    password: () => password,
    exists: (address) => phones.has(address) || LATE.test(address) || address === ADDRESS,
    blocks: (address) => phones.get(address)?.blocks ?? false,
    nextFault: () =>
      faults.take('throttle', 'server_error', 'cut', 'slow', 'auth_lost', 'blocked', 'gone', 'echo_first'),
    accept: async (letter) => {
      sent.push(letter)
      if (emulator.keepsCopies) mailbox.add('Sent', letter.raw)
      for (const to of letter.to) {
        await phones.get(to)?.receive(letter.raw)
        if (to === ADDRESS) deliver(withProviderHeaders(letter.raw, { from: ADDRESS, checks: 'pass' }, new Date(now())))
      }
    },
    log: note,
  })
  const imap = imapServer({ mailbox, user: ADDRESS, password: () => password, log: (what, line) => note(what, line) })
  const [imapPort, smtpPort] = await Promise.all([
    new Promise<number>((resolve) => {
      imap.server.listen(0, '127.0.0.1', () => resolve((imap.server.address() as AddressInfo).port))
    }),
    new Promise<number>((resolve) => {
      const listening = smtp.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port))
    }),
  ])

  const emulator: MailEmulator = {
    url: `imap://127.0.0.1:${imapPort}`,
    hosts: [`127.0.0.1:${imapPort}`, `127.0.0.1:${smtpPort}`],
    settings: {
      address: ADDRESS,
      user: ADDRESS,
      password,
      imap: { host: '127.0.0.1', port: imapPort, tls: false },
      smtp: { host: '127.0.0.1', port: smtpPort, tls: false },
    },
    log,
    mailbox,
    sent,
    keepsCopies: true,
    phone,
    deliver,
    bounce: (bounce) =>
      deliver(
        withProviderHeaders(
          bounceOf({ to: ADDRESS, ...bounce }),
          { from: 'mailer-daemon@mx.example.test', nullSender: true },
          new Date(now()),
        ),
      ),
    changePassword: (changed) => {
      password = changed
    },
    cutLines: () => imap.cut(),
    never,
    met: faults.met,
    fault: faults.add,
    calm: faults.calm,
    advance: (ms) => {
      ahead += ms
    },
    close: async () => {
      await imap.close()
      await new Promise<void>((resolve) => smtp.close(() => resolve()))
    },
  }
  return emulator
}
