/**
 * A small strict IMAP4rev1 server (RFC 3501) with IDLE (2177), SPECIAL-USE (6154), ID (2971) and NAMESPACE (2342): what a client needs that
 * reads letters. A command it does not know, or not in this state, is answered BAD, as a server would.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Folder, Mailbox, StoredLetter } from './mailbox.ts'

export interface ImapServerOptions {
  mailbox: Mailbox
  user: string
  password(): string
  log(what: string, line: string): void
}

export interface ImapServer {
  readonly server: Server
  /** Breaks every connection, as a restart does. */
  cut(): void
  close(): Promise<void>
}

const CAPABILITIES = 'IMAP4rev1 IDLE SPECIAL-USE ID NAMESPACE AUTH=PLAIN SASL-IR'

export function imapServer(options: ImapServerOptions): ImapServer {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    session(socket, options)
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    server,
    cut,
    close: async () => {
      cut()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

type Handler = (args: string) => void

function session(socket: Socket, { mailbox, user, password, log }: ImapServerOptions): void {
  let state: 'connected' | 'signed_in' | 'selected' = 'connected'
  let selected: Folder | undefined
  let tag = '*'
  let idling: string | undefined
  /** The rest of a command that asked for more. */
  let awaited: { tag: string; read(line: string): void } | undefined
  /** What the client was told of the folder; changes wait until it may hear them. */
  let unheard: string[] = []
  let input = ''

  const say = (line: string): void => void socket.write(`${line}\r\n`)
  const ok = (words: string) => say(`${tag} OK ${words}`)
  const no = (words: string) => say(`${tag} NO ${words}`)
  const bad = (words: string) => say(`${tag} BAD ${words}`)

  const off = mailbox.watch((path, line) => {
    if (selected?.path !== path) return
    if (idling === undefined) unheard.push(line)
    else say(line)
  })
  const hear = () => {
    for (const line of unheard.splice(0)) say(line)
  }
  socket.on('close', off)
  socket.setNoDelay(true)
  say(`* OK [CAPABILITY ${CAPABILITIES}] ready`)

  socket.on('data', (chunk) => {
    input += chunk.toString('latin1')
    for (let end = input.indexOf('\r\n'); end >= 0; end = input.indexOf('\r\n')) {
      const line = input.slice(0, end)
      input = input.slice(end + 2)
      take(line)
    }
  })

  function take(line: string): void {
    if (awaited) {
      const { read } = awaited
      tag = awaited.tag
      awaited = undefined
      return read(line)
    }
    if (idling !== undefined) {
      tag = idling
      idling = undefined
      if (line.toUpperCase() === 'DONE') ok('IDLE terminated')
      else bad('expected DONE')
      return
    }
    const [, given, command, args = ''] = /^(\S+) (UID \w+|\w+)(?: (.*))?$/.exec(line) ?? []
    if (!given || !command) {
      tag = '*'
      return bad('no command')
    }
    tag = given
    const name = command.toUpperCase()
    log(name, name === 'LOGIN' || name === 'AUTHENTICATE' ? '…' : args)
    const handler = { ...always, ...(state === 'connected' ? {} : afterSignIn), ...(selected ? ofFolder : {}) }[name]
    if (handler) handler(args)
    else bad(`${name} is unknown, or not now`)
  }

  const always: Record<string, Handler> = {
    CAPABILITY: () => {
      say(`* CAPABILITY ${CAPABILITIES}`)
      ok('done')
    },
    NOOP: () => {
      hear()
      ok('done')
    },
    ID: () => {
      say('* ID ("name" "emulator")')
      ok('done')
    },
    LOGOUT: () => {
      say('* BYE')
      ok('done')
      socket.end()
    },
    LOGIN: (args) => {
      const [name, secret] = strings(args)
      signIn(name, secret)
    },
    AUTHENTICATE: (args) => {
      const [, initial] = /^PLAIN(?: (\S+))?$/i.exec(args) ?? []
      if (!/^PLAIN/i.test(args)) return no('only PLAIN')
      if (initial) return plainly(initial)
      awaited = { tag, read: plainly }
      say('+ ')
    },
  }

  function plainly(response: string): void {
    const [, name, secret] = Buffer.from(response, 'base64').toString().split('\0')
    signIn(name, secret)
  }

  function signIn(name: string | undefined, secret: string | undefined): void {
    if (name !== user || secret !== password()) return no('[AUTHENTICATIONFAILED] Invalid credentials')
    state = 'signed_in'
    say(`${tag} OK [CAPABILITY ${CAPABILITIES}] signed in`)
  }

  const afterSignIn: Record<string, Handler> = {
    NAMESPACE: () => {
      say('* NAMESPACE (("" "/")) NIL NIL')
      ok('done')
    },
    LIST: (args) => {
      const pattern = strings(args.replace(/ RETURN .*$/i, '')).at(-1)
      if (pattern === '') say('* LIST (\\Noselect) "/" ""')
      else
        for (const { path, flags } of mailbox.folders)
          say(`* LIST (${['\\HasNoChildren', ...flags].join(' ')}) "/" "${path}"`)
      ok('done')
    },
    LSUB: () => {
      for (const { path } of mailbox.folders) say(`* LSUB () "/" "${path}"`)
      ok('done')
    },
    SELECT: (args) => open(args, 'READ-WRITE'),
    EXAMINE: (args) => open(args, 'READ-ONLY'),
    STATUS: (args) => {
      const folder = mailbox.folder(strings(args)[0] ?? '')
      if (!folder) return no('[NONEXISTENT] no such folder')
      say(
        `* STATUS "${folder.path}" (MESSAGES ${folder.letters.length} UIDNEXT ${folder.uidnext} UIDVALIDITY ${folder.uidvalidity})`,
      )
      ok('done')
    },
  }

  function open(args: string, how: string): void {
    const folder = mailbox.folder(strings(args)[0] ?? '')
    selected = folder
    unheard = []
    if (!folder) return no('[NONEXISTENT] no such folder')
    say('* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)')
    say('* OK [PERMANENTFLAGS ()] none')
    say(`* ${folder.letters.length} EXISTS`)
    say('* 0 RECENT')
    say(`* OK [UIDVALIDITY ${folder.uidvalidity}] valid`)
    say(`* OK [UIDNEXT ${folder.uidnext}] next`)
    ok(`[${how}] open`)
  }

  const ofFolder: Record<string, Handler> = {
    IDLE: () => {
      idling = tag
      say('+ idling')
      hear()
    },
    'UID SEARCH': (args) => {
      const found = matching(args, selected!)
      if (!found) return bad('a search that is not understood')
      say(`* SEARCH${found.map(({ uid }) => ` ${uid}`).join('')}`)
      ok('done')
    },
    'UID FETCH': (args) => {
      const [, set, items] = /^([\d:*,]+) \(([^)]*)\)$/.exec(args) ?? []
      if (!set || !items) return bad('a fetch that is not understood')
      for (const [index, letter] of selected!.letters.entries())
        if (inSet(letter.uid, set, selected!)) sendItems(index + 1, letter, items)
      ok('done')
    },
  }

  function sendItems(sequence: number, letter: StoredLetter, items: string): void {
    socket.write(`* ${sequence} FETCH (UID ${letter.uid}`)
    for (const [item] of items.matchAll(/BODY\.PEEK\[\](?:<\d+\.\d+>)?|[A-Z0-9.]+/g)) {
      if (item === 'INTERNALDATE') socket.write(` INTERNALDATE "${imapDate(letter.at)}"`)
      else if (item === 'RFC822.SIZE') socket.write(` RFC822.SIZE ${letter.raw.length}`)
      else if (item === 'FLAGS') socket.write(' FLAGS ()')
      else if (item.startsWith('BODY.PEEK[]')) {
        const [, start, length] = /<(\d+)\.(\d+)>/.exec(item) ?? []
        const bytes = start ? letter.raw.subarray(Number(start), Number(start) + Number(length)) : letter.raw
        socket.write(` BODY[]${start ? `<${start}>` : ''} {${bytes.length}}\r\n`)
        socket.write(bytes)
      }
    }
    say(')')
  }
}

/** Quoted strings and atoms of a command. */
const strings = (args: string): string[] =>
  [...args.matchAll(/"((?:[^"\\]|\\.)*)"|([^\s()"]+)/g)].map(
    ([, quoted, atom]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? atom!,
  )

function matching(query: string, folder: Folder): StoredLetter[] | null {
  const [, set] = /^UID ([\d:*,]+)$/.exec(query) ?? []
  if (set) return folder.letters.filter(({ uid }) => inSet(uid, set, folder))
  const [, day] = /^SINCE "?(\d{1,2}-\w{3}-\d{4})"?$/.exec(query) ?? []
  if (day) return folder.letters.filter(({ at }) => at.getTime() >= Date.parse(`${day} 00:00:00 +0000`))
  const [, header, value] = /^HEADER "?([\w-]+)"? "?([^"]*)"?$/i.exec(query) ?? []
  if (header === undefined || value === undefined) return query === 'ALL' ? folder.letters : null
  return folder.letters.filter(({ raw }) =>
    new RegExp(`^${header}:.*${value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'im').test(
      raw.subarray(0, 65_536).toString('latin1'),
    ),
  )
}

/** `*` is the newest, even where it stands below the range. */
function inSet(uid: number, set: string, { letters }: Folder): boolean {
  const newest = letters.at(-1)?.uid ?? 0
  return set.split(',').some((range) => {
    const [from, to = from] = range.split(':').map((each) => (each === '*' ? newest : Number(each))) as [
      number,
      number?,
    ]
    return uid >= Math.min(from, to) && uid <= Math.max(from, to)
  })
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')
const imapDate = (at: Date): string =>
  `${two(at.getUTCDate())}-${MONTHS[at.getUTCMonth()]}-${at.getUTCFullYear()} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`
