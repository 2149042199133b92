/**
 * A receiving server that turns hostile: it knows enough of IMAP to lead the connector's line through signing in, folders, search and
 * letters, and then one or more of its answers are damaged. The line must end, with a word for its channel, and never take us along.
 */
import { Duplex } from 'node:stream'
import type { Line } from '#connector-kit/connector.ts'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { connect } from '#connectors/email-imap/connect.ts'
import connector from '#connectors/email-imap/email-imap.ts'
import type { Settings } from '#connectors/email-imap/settings.ts'
import { rubbish, type Random } from './chance.ts'
import { damagedBytes } from './damage.ts'
import { damagedLetter } from './letters.ts'
import type { Findings } from './verdict.ts'

const { account } = readGoldens(new URL('../../connectors/email-imap/testdata/', import.meta.url))
const PATIENCE_MS = 20_000
/** Whoever says nothing for so long has got what it asked for: the server hangs up. */
const QUIET_MS = 30

export async function fireServer(
  found: Findings,
  number: number,
  random: Random,
  tell?: (input: unknown) => void,
): Promise<void> {
  const said: string[] = []
  const socket = hostileServer(random, (text) => void said.push(text))
  const folder = { uidvalidity: '1', uidnext: 5, since: '2026-01-01T00:00:00.000Z', newest: '2026-01-01T00:00:00.000Z' }
  const end = new AbortController()
  let letters = 0
  const line: Line<Settings> = {
    ...goldenContext({ label: 'hostile' }, account, (settings) => connector.settings.parse(settings) as Settings),
    signal: end.signal,
    cursor: random.chance(0.8) ? { inbox: folder, sent: folder } : null,
    receive: async (events) => {
      letters += events.length
    },
    run: () => Promise.reject(new Error('nothing is asked')),
    dial: async () => socket,
    secure: () => {
      throw new WireBroken('there is no TLS here', false)
    },
    file: () => Promise.reject(new Error('there is no file')),
    serve: () => {},
    state: () => {},
  }
  const ended = await Promise.race([
    connect(line).then(
      () => null,
      (error: unknown) => error,
    ),
    new Promise<'hangs'>((resolve) => setTimeout(() => resolve('hangs'), PATIENCE_MS).unref()),
  ])
  tell?.({ said, letters, ended: String(ended) })
  end.abort()
  socket.destroy()
  const name = ended instanceof Error ? ended.name : String(ended)
  found.count(`server: ${name}, ${letters > 0 ? 'letters' : 'no letter'}`)
  if (ended === 'hangs') found.blame(number, `the line hangs after: ${said.at(-1)?.slice(0, 200)}`)
  else if (!(ended instanceof WireBroken) && !(ended instanceof SendError))
    found.blame(number, `the line ended with ${name}: ${ended instanceof Error ? ended.message.slice(0, 300) : ''}`)
}

function hostileServer(random: Random, hear: (text: string) => void): Duplex {
  // The greeting counts: most answers are honest, or nobody would get as far as the letters.
  const turns = new Set([random.between(0, 12), ...(random.chance(0.3) ? [random.between(0, 12)] : [])])
  const letters = [damagedLetter(random), damagedLetter(random)]
  let turn = 0
  let quiet: NodeJS.Timeout | undefined
  let pending = ''
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      pending += chunk.toString('latin1')
      for (let at = pending.indexOf('\r\n'); at >= 0; at = pending.indexOf('\r\n')) {
        const command = pending.slice(0, at)
        pending = pending.slice(at + 2)
        answer(answerTo(command, letters, random))
      }
      done()
    },
    destroy: (error, done) => {
      clearTimeout(quiet)
      done(error)
    },
  })
  const hangUp = () => {
    if (!socket.destroyed) socket.push(null)
    socket.destroy()
  }
  const answer = (honest: Buffer) => {
    const bytes = turns.has(turn++) ? spoiled(honest, random) : honest
    hear(bytes.toString('latin1').slice(0, 2_000))
    // As the network would: not in the very moment of the question, and sometimes in pieces.
    setImmediate(() => {
      if (socket.destroyed) return
      const middle = random.chance(0.2) ? random.between(0, bytes.length) : bytes.length
      if (middle > 0) socket.push(bytes.subarray(0, middle))
      if (middle < bytes.length) socket.push(bytes.subarray(middle))
    })
    clearTimeout(quiet)
    quiet = setTimeout(hangUp, QUIET_MS)
  }
  answer(Buffer.from(`* OK [CAPABILITY ${CAPABILITIES}] ready\r\n`))
  return Object.assign(socket, { setTimeout: () => socket, setKeepAlive: () => socket, setNoDelay: () => socket })
}

const CAPABILITIES = 'IMAP4rev1 LITERAL+ ID NAMESPACE SPECIAL-USE UIDPLUS ENABLE CONDSTORE IDLE AUTH=PLAIN SASL-IR'

function answerTo(line: string, letters: readonly Buffer[], random: Random): Buffer {
  const [tag = '', first = '', second = ''] = line.split(' ')
  const name = (first.toUpperCase() === 'UID' ? second : first).toUpperCase()
  const ok = (...lines: string[]) =>
    Buffer.from(`${lines.map((each) => `* ${each}\r\n`).join('')}${tag} OK done\r\n`, 'latin1')
  switch (name) {
    case 'CAPABILITY':
      return ok(`CAPABILITY ${CAPABILITIES}`)
    case 'ID':
      return ok('ID ("name" "x")')
    case 'NAMESPACE':
      return ok('NAMESPACE (("" "/")) NIL NIL')
    case 'LIST':
    case 'LSUB':
    case 'XLIST':
      return ok('LIST (\\HasNoChildren) "/" INBOX', 'LIST (\\Sent) "/" "Sent"')
    case 'SELECT':
    case 'EXAMINE':
      return ok(
        'FLAGS (\\Seen)',
        '2 EXISTS',
        '0 RECENT',
        'OK [UIDVALIDITY 1] v',
        'OK [UIDNEXT 7] n',
        'OK [HIGHESTMODSEQ 9] m',
      )
    case 'SEARCH':
      return ok('SEARCH 5 6')
    case 'FETCH': {
      const letter = letters[line.includes(' 6 ') ? 1 : 0]!.subarray(0, 200_000)
      const from = Number(/BODY\.PEEK\[\]<(\d+)\./.exec(line)?.[1] ?? 0)
      const piece = letter.subarray(from)
      const uid = line.includes(' 6 ') ? 6 : 5
      const said = `* ${uid - 4} FETCH (UID ${uid} INTERNALDATE "25-Nov-2026 10:00:0${random.between(0, 9)} +0000" BODY[]<${from}> {${piece.length}}\r\n`
      return Buffer.concat([Buffer.from(said), piece, Buffer.from(`)\r\n${tag} OK done\r\n`)])
    }
    case 'IDLE':
      return Buffer.from('+ idling\r\n* 3 EXISTS\r\n')
    default:
      return ok()
  }
}

const spoiled = (honest: Buffer, random: Random): Buffer =>
  random.chance(0.5)
    ? damagedBytes(honest, random)
    : Buffer.from(random.pick(SPOILS)(honest.toString('latin1'), random), 'latin1')

const SPOILS: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.replace(/\{\d+\}|\r\n/, `{${random.pick(SIZES)}}\r\n`),
  (text, random) => `* 1 FETCH (BODY[] {${random.pick(SIZES)}}\r\nshort`,
  (text) => text.replace(' OK ', ' NO '),
  (text) => text.replace(' OK ', ' BAD '),
  (text) => `* BYE [UNAVAILABLE] gone\r\n${text}`,
  (text, random) => `* ${random.pick(SIZES)} EXISTS\r\n* ${random.pick(SIZES)} EXPUNGE\r\n${text}`,
  (text, random) => `* ${'('.repeat(random.between(1, 5_000))}\r\n${text}`,
  (text, random) =>
    `* LIST (${'\\Sent '.repeat(random.between(1, 2_000))}) "/" "${rubbish(random, 20).toString('latin1')}"\r\n${text}`,
  (text, random) =>
    `* OK [${random.pick(['UIDVALIDITY', 'UIDNEXT', 'HIGHESTMODSEQ', 'CAPABILITY', '__proto__', 'ALERT'])} ${random.pick(SIZES)}] x\r\n${text}`,
  (text, random) => text.replaceAll(/\b\d+\b/g, () => random.pick(SIZES)),
  (text, random) =>
    `* SEARCH ${Array.from({ length: random.between(1, 300) }, () => random.pick(SIZES)).join(' ')}\r\n${text}`,
  (text, random) => `* ESEARCH (TAG "x") UID ALL ${random.pick(['1:4294967295', '5,6,7', '*', ':', '1:'])}\r\n${text}`,
  (text) => text.replaceAll('\r\n', '\n'),
  (text) => text.replaceAll('\r\n', ''),
  (text, random) => `* ${'x'.repeat(random.between(1_000, 300_000))}${text}`,
  (text, random) => `+ ${'='.repeat(random.between(0, 100))}\r\n`.repeat(random.between(1, 20)) + text,
  (text) => text.replace(/"[^"]*"/, '"unclosed'),
  (text) => text.replace(/INTERNALDATE "[^"]*"/, 'INTERNALDATE "99-Foo-99999 99:99:99 +9999"'),
  (text) => `${text}${text}`,
  () => '',
  (_, random) => rubbish(random, random.between(1, 400)).toString('latin1'),
]

const SIZES = [
  '0',
  '-1',
  '1',
  '5',
  '6',
  '4294967295',
  '4294967296',
  '99999999999999999999',
  '1e3',
  '0x10',
  'NIL',
  '~5',
  '5+',
  '18446744073709551616',
]
