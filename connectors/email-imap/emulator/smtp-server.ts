/** The sending server of the emulated provider: takes letters of its one user, refuses what faults tell it to. */
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { Fault } from '#connector-kit/emulator/emulator.ts'

export interface Accepted {
  from: string
  to: string[]
  raw: Buffer
}

export interface SmtpServerOptions {
  user: string
  password(): string
  /** 5.1.1 for nobody. */
  exists(address: string): boolean
  blocks(address: string): boolean
  /** The fault that this letter meets, if any; asked once for each. */
  nextFault(): Fault | undefined
  accept(letter: Accepted): Promise<void>
  log(what: string, body: unknown, status: number): void
}

/** RFC 1870 */
const MOST_BYTES = 26_214_400

export function smtpServer(options: SmtpServerOptions): SMTPServer {
  const faults = new WeakMap<SMTPServerSession, Fault>()
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    size: MOST_BYTES,
    logger: false,
    onAuth: ({ username, password }, session, done) => {
      const good = username === options.user && password === options.password()
      options.log('AUTH', { username }, good ? 235 : 535)
      if (good) done(null, { user: username })
      else done(refusal(535, '5.7.8 Username and password not accepted'))
    },
    onMailFrom: (_, session, done) => {
      const fault = options.nextFault()
      if (fault) faults.set(session, fault)
      if (fault?.is === 'cut' && fault.when === 'before') return destroy(session)
      done(refusalOf(fault))
    },
    onRcptTo: ({ address }, session, done) => {
      const fault = faults.get(session)
      if (fault?.is === 'gone' || !options.exists(address))
        return done(refusal(550, `5.1.1 <${address}>: Recipient address rejected: User unknown`))
      if (fault?.is === 'blocked' || options.blocks(address))
        return done(refusal(550, `5.7.507 <${address}>: Access denied, rejected by recipient`))
      done()
    },
    onData: (stream, session, done) => {
      const fault = faults.get(session)
      void buffer(stream).then(async (raw) => {
        if (stream.sizeExceeded) return done(refusal(552, '5.3.4 Message size exceeds fixed limit'))
        const { mailFrom, rcptTo } = session.envelope
        await options.accept({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), raw })
        options.log('DATA', { to: rcptTo.map(({ address }) => address), bytes: raw.length }, 250)
        if (fault?.is === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.seconds * 1000))
        if (fault?.is === 'cut') return destroy(session, fault.when === 'inside' ? '250 2.0' : '')
        done(null, '2.0.0 Ok: queued as 4XQ')
      })
    },
  })
  return server

  /** @param last  what is still heard of an answer */
  function destroy(session: SMTPServerSession, last = ''): void {
    for (const { session: of, _socket: socket } of connections())
      if (of === session) socket?.write(last, () => socket.destroy())
  }

  /** The library keeps its connections to itself. */
  function connections(): Iterable<{ session: SMTPServerSession; _socket?: Socket }> {
    return (server as unknown as { connections: Set<{ session: SMTPServerSession; _socket?: Socket }> }).connections
  }
}

const REFUSALS: Partial<Record<Fault['is'], readonly [code: number, words: string]>> = {
  server_error: [451, '4.3.0 Internal error, try again'],
  auth_lost: [530, '5.7.0 Authentication required'],
}

function refusalOf(fault: Fault | undefined): Error | null {
  if (fault?.is === 'throttle') {
    const wait = fault.after === undefined ? 'slow down' : `try again in ${fault.after} seconds`
    return refusal(450, `4.7.1 Too many messages, ${wait}`)
  }
  const refused = fault && REFUSALS[fault.is]
  return refused ? refusal(...refused) : null
}

const refusal = (responseCode: number, words: string): Error => Object.assign(new Error(words), { responseCode })
