/** Somebody with a mail program, which signs in at the provider, or brings letters to its mail exchanger. */
import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Email } from 'postal-mime'
import { PASSWORD, type MailServers } from './mail-servers.ts'

export interface MailPerson {
  readonly address: string
  /** Names of the letters written, with brackets. */
  readonly written: readonly string[]
  letters(): Promise<Email[]>
  /** @param to  a person of provider.test */
  write(to: string, letter: SendMailOptions, door?: 'smtp' | 'mx'): Promise<void>
}

export function personAt(servers: MailServers, name: string, domain = 'provider.test'): MailPerson {
  const address = `${name}@${domain}`
  const common = { host: '127.0.0.1', ignoreTLS: true }
  const doors = {
    smtp: createTransport({ ...common, port: servers.smtp, auth: { user: address, pass: PASSWORD } }),
    mx: createTransport({ ...common, port: servers.mx }),
  }
  const written: string[] = []
  return {
    address,
    written,
    letters: () => servers.lettersOf(name),
    write: async (to, letter, door = 'smtp') => {
      const { messageId } = await doors[door].sendMail({ from: address, to: `${to}@provider.test`, ...letter })
      written.push(messageId)
    },
  }
}

/** Settings of a mailbox channel that signs in as this person. */
export const mailboxOf = (servers: MailServers, name: string, password = PASSWORD) => ({
  address: `${name}@provider.test`,
  user: `${name}@provider.test`,
  password,
  imap: { host: '127.0.0.1', port: servers.imap, tls: false },
  smtp: { host: '127.0.0.1', port: servers.smtp, tls: false },
})

/** Where Parley may go for it. */
export const reachesOf = (servers: MailServers): string[] =>
  [servers.imap, servers.smtp].map((port) => `tcp://127.0.0.1:${port}`)
