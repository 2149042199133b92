/**
 * Letters inside TLS, by Dovecot and Postfix with certificates of a company's own authority. Parley runs as its operator starts it, for
 * NODE_EXTRA_CA_CERTS is read once, when a process begins.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createChannel, listChannels } from '#contract/calls/channels.ts'
import { listConversations, listMessages, sendMessage } from '#contract/calls/conversations.ts'
import { wordsOf } from '#contract/message/content.ts'
import { removeAfterwards, setUp, startParley } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'
import { SHOWN, type MailHost } from './mail-certificates.ts'
import { mailboxOf, personAt } from './mail-person.ts'
import { startMailServers, whyNot, type MailServers } from './mail-servers.ts'

const PATIENCE_MS = 40_000
const NAMES = fileURLToPath(new URL('names-of-provider.mjs', import.meta.url))

const why = whyNot()
test.skipIf(why !== null)(`Dovecot and Postfix can run here${why === null ? '' : `: ${why}`}`, () => {
  expect(why).toBeNull()
})
await (why ?? insideTls())

async function insideTls(): Promise<void> {
  const servers = await startMailServers(['shop', 'desk', 'ann'])
  afterAll(() => servers.stop())
  const home = await mkdtemp(join(tmpdir(), 'parley-tls-'))
  removeAfterwards(home)
  const env = {
    PARLEY_DATA: home,
    PARLEY_PRIVATE_HOSTS: placesOf(servers).join(','),
    NODE_EXTRA_CA_CERTS: servers.authority,
    // It shall not open what a certificate closed.
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_OPTIONS: `--import=${NAMES}`,
  }
  const parley = await startParley(env)
  const owner = await setUp(parley.url, env)
  afterAll(() => parley.stop())

  const faults = [
    ['strange.provider.test', 'cert_unknown'],
    ['other.provider.test', 'cert_name'],
    ['old.provider.test', 'cert_expired'],
  ] as const
  for (const kind of ['from the start', 'by STARTTLS'] as const)
    for (const [host, code] of faults) {
      test(`${kind}, receiving: ${code} is told before anything is saved, and no password leaves`, async () => {
        const before = (await servers.dovecotLog()).length
        const refused = await open(mailbox(servers, 'shop', kind, { imap: host }))
        expect(refused).toMatchObject({ status: 422, problem: { code: 'unreachable', values: { code } } })
        const left = await until(async () => {
          const log = (await servers.dovecotLog()).slice(before)
          return log.includes('Disconnected') && log
        }, PATIENCE_MS)
        expect(left).toContain('no auth attempts')
        expect(left).not.toContain('Login:')
      })

      test(`${kind}, sending: ${code} is told before anything is saved, and no password leaves`, async () => {
        const before = (await servers.postfixLog()).length
        const refused = await open(mailbox(servers, 'shop', kind, { smtp: host }))
        expect(refused).toMatchObject({ status: 422, problem: { code: 'unreachable', values: { code } } })
        const left = await until(async () => {
          const log = (await servers.postfixLog()).slice(before)
          return /disconnect from/.test(log) && log
        }, PATIENCE_MS)
        expect(left).not.toMatch(/auth=/)
      })
    }

  test('a sending server that offers no encryption is refused', async () => {
    const settings = mailbox(servers, 'shop', 'by STARTTLS')
    const refused = await open({ ...settings, smtp: { ...settings.smtp, port: servers.smtp } })
    const place = `SMTP ${settings.smtp.host}:${servers.smtp}`
    expect(refused).toMatchObject({
      status: 422,
      problem: { code: 'unreachable', values: { code: 'no_starttls', place } },
    })
    expect((await owner.call(listChannels, { query: {} })).items).toEqual([])
  })

  for (const [kind, person] of [
    ['from the start', 'shop'],
    ['by STARTTLS', 'desk'],
  ] as const)
    test(`${kind}: a letter comes in and its answer goes out, the authority known by NODE_EXTRA_CA_CERTS`, async () => {
      const { id } = await owner.call(createChannel, {
        body: { connector: 'email-imap', name: person, settings: mailbox(servers, person, kind) },
      })
      await until(
        async () =>
          (await owner.call(listChannels, { query: {} })).items.find((each) => each.id === id)?.state === 'ready',
        PATIENCE_MS,
      )
      const ann = personAt(servers, 'ann')
      await ann.write(person, { subject: 'A cup', text: `Is it blue, ${person}?` })
      const talk = await until(async () => {
        for (const row of (await owner.call(listConversations, { query: {} })).items) {
          const { items } = await owner.call(listMessages, { params: { id: row.id }, query: {} })
          if (items.some(({ content }) => wordsOf(content).includes(`Is it blue, ${person}?`))) return row
        }
        return null
      }, PATIENCE_MS)
      await owner.call(sendMessage, { params: { id: talk.id }, body: { text: `Yes, says ${person}.` } })
      const answer = await until(
        async () => (await ann.letters()).find(({ text }) => text?.includes(`Yes, says ${person}.`)),
        PATIENCE_MS,
      )
      expect(answer).toMatchObject({ subject: 'Re: A cup', from: { address: `${person}@provider.test` } })
      expect(await servers.dovecotLog()).toMatch(new RegExp(`Login: user=<${person}@provider\\.test>.*, TLS`))
      expect(answer.headers.filter(({ key }) => key === 'received').map(({ value }) => value)).toContainEqual(
        expect.stringContaining('ESMTPSA'),
      )
    })

  async function open(settings: ReturnType<typeof mailbox>) {
    const response = await owner.ask('POST', '/api/channels', {
      body: { connector: 'email-imap', name: 'Refused', settings },
    })
    return { status: response.status, problem: await response.json() }
  }
}

/** Settings of a mailbox of which both servers are good, but for the names given. */
function mailbox(
  { imap, imaps, doors, ...servers }: MailServers,
  person: string,
  kind: 'from the start' | 'by STARTTLS',
  at: { imap?: MailHost; smtp?: MailHost } = {},
) {
  const tls = kind === 'from the start'
  const sends = at.smtp ?? 'mail.provider.test'
  return {
    ...mailboxOf({ imap, imaps, doors, ...servers }, person),
    imap: { host: at.imap ?? 'mail.provider.test', port: tls ? imaps : imap, tls },
    smtp: { host: sends, port: tls ? doors[sends].smtps : doors[sends].submission, tls },
  }
}

/** Where Parley may go. */
function placesOf({ imap, imaps, smtp, doors }: MailServers): string[] {
  return (Object.keys(SHOWN) as MailHost[]).flatMap((host) =>
    [imap, imaps, smtp, doors[host].smtps, doors[host].submission].map((port) => `${host}:${port}`),
  )
}
