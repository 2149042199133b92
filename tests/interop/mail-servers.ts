/**
 * Dovecot and Postfix as processes of a test, on loopback, with everything they write in a folder of their own.
 *
 * provider.test   Postfix takes letters from those who sign in (by Dovecot's SASL), puts them into Dovecot's maildirs, and returns what it
 *                 could not bring
 *                 without a sign-in, at the door of its mail exchanger, letters to its people
 *                 inside TLS, at further doors, one for each name of mail-certificates.ts
 * elsewhere.test  has nobody: its mail exchanger refuses all letters, so that Postfix has something to return
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import PostalMime, { type Email } from 'postal-mime'
import { freePort } from '#tests/support/free-port.ts'
import { makeCertificates, SHOWN, type Certificates, type MailHost } from './mail-certificates.ts'

export const PASSWORD = 'right-password'
const DOVECOT = '/usr/sbin/dovecot'
const POSTFIX = '/usr/sbin/postfix'
const OPENSSL = '/usr/bin/openssl'
const NOBODY = 65_534

export interface MailServers {
  readonly imap: number
  readonly smtp: number
  /** For strangers: without sign-in, and while Dovecot is away. */
  readonly mx: number
  /** Encrypted from the start: Dovecot shows what belongs to the name it is asked for. `imap` itself offers STARTTLS. */
  readonly imaps: number
  /** Postfix has two doors for each name: encrypted from the start, and by STARTTLS, where nobody signs in without it. */
  readonly doors: Readonly<Record<MailHost, { readonly smtps: number; readonly submission: number }>>
  /** Path of the certificate of the authority that signed theirs. */
  readonly authority: string
  /** Letters that this person of provider.test got and no mail program has looked at, oldest first. */
  lettersOf(person: string): Promise<Email[]>
  /** What Postfix wrote about what it did. */
  postfixLog(): Promise<string>
  dovecotLog(): Promise<string>
  stopDovecot(): Promise<void>
  startDovecot(): Promise<void>
  stop(): Promise<void>
}

/**
 * null when they can run here, else why not.
 * @throws where `CI` is set: there they are installed, or the suite proves nothing
 */
export function whyNot(): string | null {
  const absent = [DOVECOT, POSTFIX, OPENSSL].filter((path) => !existsSync(path))
  const why =
    absent.length > 0
      ? `${absent.join(' and ')} missing: apt-get install dovecot-imapd postfix openssl`
      : process.getuid?.() === 0
        ? null
        : 'Postfix wants to be started by root'
  if (why !== null && process.env.CI) throw new Error(why)
  return why
}

export async function startMailServers(people: readonly string[]): Promise<MailServers> {
  const folder = await mkdtemp('/tmp/parley-mail-')
  // Postfix and Dovecot write as users of their own.
  await chmod(folder, 0o755)
  const [imap, imaps, smtp] = [await freePort(), await freePort(), await freePort()]
  const [sasl, mx] = [await freePort(), await freePort()]
  const certificates = makeCertificates(folder)
  const doors = {} as Record<MailHost, Door>
  for (const host of HOSTS) doors[host] = { smtps: await freePort(), submission: await freePort() }
  const mail = join(folder, 'mail')
  await mkdir(mail)
  await chown(mail, NOBODY, NOBODY)
  await writeFile(join(folder, 'dovecot.conf'), dovecotConf({ folder, mail, imap, imaps, sasl, certificates }))
  const postfix = join(folder, 'postfix')
  await mkdir(join(folder, 'queue'))
  await mkdir(join(folder, 'data'))
  await mkdir(postfix)
  const postfixId = Number(spawnSync('id', ['-u', 'postfix'], { encoding: 'utf8' }).stdout)
  await chown(join(folder, 'data'), postfixId, 0)
  await writeFile(join(postfix, 'mailboxes'), people.map((name) => `${name}@provider.test ${name}/\n`).join(''))
  await writeFile(join(postfix, 'nobody'), '')
  await writeFile(join(postfix, 'main.cf'), mainCf({ folder, mail, sasl, mx }))
  await writeFile(join(postfix, 'master.cf'), masterCf({ folder, smtp, mx, doors, certificates }))

  let dovecot: ChildProcess | undefined
  let mta: ChildProcess | undefined
  // A file that throws while it is collected never comes to its `afterAll`, and its process may be killed: whoever waits here for the
  // end of that process ends them.
  const watcher = spawn(
    '/bin/sh',
    [
      '-c',
      `cat; "$1" -c "$3/postfix" stop; "$2" -c "$3/dovecot.conf" stop; rm -rf "$3"`,
      'watcher',
      POSTFIX,
      DOVECOT,
      folder,
    ],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  )
  watcher.unref()
  async function startDovecot(): Promise<void> {
    dovecot = spawn(DOVECOT, ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' })
    await reachable(imap)
    await reachable(imaps)
    await reachable(sasl)
  }
  async function stop(): Promise<void> {
    watcher.kill()
    if (mta) {
      spawnSync(POSTFIX, ['-c', postfix, 'stop'], { stdio: 'ignore' })
      await ended(mta)
    }
    await ended(dovecot)
    await rm(folder, { recursive: true, force: true })
  }

  const postfixLog = () => readFile(join(folder, 'postfix.log'), 'utf8').catch(() => '')
  await startDovecot()
  mta = spawn(POSTFIX, ['-c', postfix, 'start-fg'], { stdio: 'ignore' })
  try {
    await reachable(smtp)
    await reachable(mx)
    for (const door of Object.values(doors)) await reachable(door.submission)
  } catch (error) {
    const log = await postfixLog()
    await stop()
    throw new Error(`Postfix did not start: ${log}`, { cause: error })
  }

  return {
    imap,
    imaps,
    smtp,
    mx,
    doors,
    authority: certificates.authority,
    lettersOf: async (person) => {
      const fresh = join(mail, person, 'new')
      const names = await readdir(fresh).catch(() => [])
      const letters = await Promise.all(names.map(async (name) => PostalMime.parse(await readFile(join(fresh, name)))))
      return letters.toSorted((a, b) => Date.parse(a.date ?? '') - Date.parse(b.date ?? ''))
    },
    postfixLog,
    dovecotLog: () => readFile(join(folder, 'dovecot.log'), 'utf8').catch(() => ''),
    stopDovecot: () => ended(dovecot),
    startDovecot,
    stop,
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

async function reachable(port: number): Promise<void> {
  for (const end = Date.now() + 30_000; ;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    if (Date.now() > end) throw new Error(`nobody listens on ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const HOSTS = Object.keys(SHOWN) as MailHost[]

const dovecotConf = ({ folder, mail, imap, imaps, sasl, certificates }: Omit<Places, 'smtp' | 'mx' | 'doors'>) => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
${certificateOf(certificates, 'mail.provider.test')}
${HOSTS.map((host) => `local_name ${host} {\n${certificateOf(certificates, host)}\n}`).join('\n')}
disable_plaintext_auth = no
mail_location = maildir:${mail}/%n
mail_uid = ${NOBODY}
mail_gid = ${NOBODY}
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${mail}/%n
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = subscribe
    special_use = \\Sent
  }
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = ${imap}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${imaps}
    ssl = yes
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${sasl}
  }
}
`

const certificateOf = (certificates: Certificates, host: MailHost): string => {
  const { cert, key } = certificates.pair(host)
  return `ssl_cert = <${cert}\nssl_key = <${key}`
}

type Door = MailServers['doors'][MailHost]

interface Places {
  folder: string
  mail: string
  imap: number
  imaps: number
  smtp: number
  sasl: number
  mx: number
  doors: MailServers['doors']
  certificates: Certificates
}

const mainCf = ({ folder, mail, sasl, mx }: Pick<Places, 'folder' | 'mail' | 'sasl' | 'mx'>) => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/postfix.log
maillog_file_prefixes = /tmp
myhostname = mx.provider.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = provider.test
virtual_mailbox_base = ${mail}
virtual_mailbox_maps = texthash:${folder}/postfix/mailboxes
virtual_uid_maps = static:${NOBODY}
virtual_gid_maps = static:${NOBODY}
virtual_minimum_uid = 1
transport_maps = inline:{ { elsewhere.test = smtp:[127.0.0.1]:${mx} } }
smtp_dns_support_level = disabled
smtp_host_lookup = native
relay_domains = elsewhere.test
# Letters go out when they come, not when a queue is looked through.
minimal_backoff_time = 5s
maximal_backoff_time = 5s
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = none
message_size_limit = 20000000
`

const withTls = ({ doors, certificates }: Pick<Places, 'doors' | 'certificates'>): string =>
  HOSTS.flatMap((host) => {
    const { cert, key } = certificates.pair(host)
    const common = `  -o smtpd_tls_security_level=encrypt\n  -o smtpd_tls_chain_files=${key},${cert}`
    return [
      `127.0.0.1:${doors[host].submission} inet n - n - - smtpd\n${common}`,
      `127.0.0.1:${doors[host].smtps} inet n - n - - smtpd\n${common}\n  -o smtpd_tls_wrappermode=yes`,
    ]
  }).join('\n')

const masterCf = ({ folder, smtp, mx, doors, certificates }: Omit<Places, 'mail' | 'imap' | 'imaps' | 'sasl'>) => `
127.0.0.1:${smtp} inet n - n - - smtpd
127.0.0.1:${mx} inet n - n - - smtpd
  -o myhostname=mx.elsewhere.test
  -o smtpd_sasl_auth_enable=no
  -o smtpd_relay_restrictions=permit_auth_destination,reject
  -o relay_recipient_maps=texthash:${folder}/postfix/nobody
${withTls({ doors, certificates })}
tlsmgr unix - - n 1000? 1 tlsmgr
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
