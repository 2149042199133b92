/**
 * The wire to Parley: hello → welcome → entries from behind the cursor. A cut, a sleeping laptop, a restart of the server: it comes
 * again with back-off, goes on behind the last entry seen, and says again what nobody has acknowledged.
 */
import type { VisitorFrame } from '#contract/visitor.ts'
import type { ServerFrame } from '#contract/visitor-talk.ts'
import type { Memory } from './memory.ts'
import { overPolls, overSocket, type OpenTransport, type Transport } from './transport.ts'

type Without<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never
/** Said again until it is acknowledged. */
export type ActFrame = Extract<VisitorFrame, { id: string }>
export type Act = Without<ActFrame, 'id'>
type Hint = Extract<VisitorFrame, { t: 'seen' | 'typing' }>

export interface Connection {
  /** Connects if it is not connected. */
  wake(): void
  /** @returns its id: the act is kept until it is acknowledged, over reloads too */
  act(frame: Act): string
  /** Losable. */
  hint(frame: Hint): void
  /** The site's word about who this is. */
  identify(jwt: string): void
  /** Begins anew, with whatever the memory holds now. */
  restart(): void
  unsent(): readonly ActFrame[]
  /** Forgets what is unsent and begins as somebody new. */
  forget(): void
}

export interface ConnectionEvents {
  entry(frame: Extract<ServerFrame, { t: 'entry' }>): void
  typing(on: boolean): void
  state(now: 'away' | 'here'): void
  session(chats: string[], isNew: boolean): void
  acknowledged(id: string): void
  /** It will never be taken. */
  refused(id: string): void
}

const FIRST_MS = 500
const MOST_MS = 30_000
const PING_MS = 25_000
const PONG_MS = 10_000
/** So often in a row an act may be refused without its name before it is taken for one that some filter on the way never lets through. */
const MOST_NAMELESS = 3

export function connection(hook: string, memory: Memory, language: string, on: ConnectionEvents): Connection {
  let transport: Transport | null = null
  let isWelcome = false
  let tries = 0
  let jwt: string | null = null
  let greetedWith: { token: string | null; jwt: string | null } = { token: null, jwt: null }
  let timer: ReturnType<typeof setTimeout> | undefined
  let alarm: ReturnType<typeof setTimeout> | undefined
  let socketsFailed = 0
  let chats: string[] = []
  /** The act at which the wire was refused last, and how often in a row. */
  let doubted = { id: '', times: 0 }
  const after: Record<string, number> = {}
  const unsent = memory.unsent()

  addEventListener('online', () => wake())
  document.addEventListener('visibilitychange', () => {
    // After a sleep the wire may be dead without having said so.
    if (!document.hidden && transport && isWelcome) ping()
    else if (!document.hidden && tries > 0) wake()
  })

  function wake(): void {
    if (transport) return
    clearTimeout(timer)
    const open: OpenTransport = socketsFailed >= 2 ? overPolls : overSocket
    const mine = open(hook, {
      opened: () => {
        greetedWith = { token: memory.token(), jwt }
        mine.send({
          t: 'hello',
          language,
          after: { ...after },
          ...(greetedWith.token ? { token: greetedWith.token } : {}),
          ...(jwt ? { jwt } : {}),
        })
      },
      heard: (frame, said) => {
        if (transport === mine) heard(frame, said)
      },
      closed: () => {
        if (transport === mine) closed()
      },
      cursors: () => after,
    })
    transport = mine
  }

  function closed(): void {
    if (!isWelcome && transport?.kind === 'socket') socketsFailed++
    leave()
    tries++
    const wait = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 6))
    timer = setTimeout(wake, wait * (0.5 + Math.random() / 2))
    on.state('away')
  }

  function leave(): void {
    clearTimeout(alarm)
    const left = transport
    transport = null
    isWelcome = false
    left?.close()
  }

  function restart(): void {
    leave()
    tries = 0
    wake()
  }

  function heard(frame: ServerFrame, said?: string): void {
    listen()
    switch (frame.t) {
      case 'welcome': {
        const others = memory.token()
        // Another tab was faster with a session of its own: one browser is one visitor.
        if (!greetedWith.token && !greetedWith.jwt && others) return restart()
        memory.setToken(frame.token)
        transport?.authorise(frame.token)
        if (greetedWith.jwt) jwt = null
        isWelcome = true
        // Being welcome to plain requests says nothing of the polls: they may be refused each time.
        if (transport?.kind === 'socket') tries = 0
        socketsFailed = 0
        const isNew = frame.chats.join() !== chats.join()
        chats = frame.chats
        for (const chat of Object.keys(after)) if (!chats.includes(chat)) delete after[chat]
        on.session(chats, isNew)
        on.state('here')
        for (const each of unsent) transport?.send(each)
        return
      }
      case 'ack':
        settle(frame.id)
        return on.acknowledged(frame.id)
      case 'entry':
        after[frame.chat] = Math.max(after[frame.chat] ?? 0, frame.seq)
        // Its echo is as good as an acknowledgement.
        settle(frame.frame.id)
        return on.entry(frame)
      case 'passing':
        return on.typing(frame.frame.on)
      case 'wait':
        setTimeout(() => unsent.forEach((each) => isWelcome && transport?.send(each)), frame.seconds * 1000)
        return
      case 'refused':
        return refused(frame, said)
      case 'pong':
        tries = 0
    }
  }

  function refused({ status, id }: Extract<ServerFrame, { t: 'refused' }>, said: string | undefined): void {
    // The server will be back: the queue is kept.
    if (status === 503) return closed()
    if (!isWelcome) {
      if (greetedWith.jwt && (status === 400 || status === 401)) {
        console.warn('Parley: the signed identity was refused')
        jwt = null
        return restart()
      }
      if (status === 401 && greetedWith.token) {
        // Too old, or the channel was made anew. What was not said yet is said by the new visitor.
        memory.setToken(null)
        return restart()
      }
      return closed()
    }
    // No act of his is meant: the chat was removed, perhaps to come back, or the session ended. The next hello is told more.
    if (id === undefined && !isHopeless(said)) return closed()
    // One act that will never be taken must not hold up the others.
    const act = (id ?? said)!
    settle(act)
    on.refused(act)
  }

  /** Welcome each time, and cut at the same act each time: it is the act, whoever it is that stands between. */
  function isHopeless(said: string | undefined): boolean {
    if (said === undefined) return false
    doubted = { id: said, times: doubted.id === said ? doubted.times + 1 : 1 }
    return doubted.times >= MOST_NAMELESS
  }

  /** Whatever is heard shows that the wire lives; a long silence is questioned. */
  function listen(): void {
    clearTimeout(alarm)
    if (transport?.kind === 'socket') alarm = setTimeout(ping, PING_MS)
  }

  function ping(): void {
    clearTimeout(alarm)
    transport?.send({ t: 'ping' })
    alarm = setTimeout(closed, PONG_MS)
  }

  function settle(id: string): void {
    const index = unsent.findIndex((each) => each.id === id)
    if (index < 0) return
    unsent.splice(index, 1)
    memory.drop(id)
  }

  return {
    wake,
    restart,
    unsent: () => unsent,
    act: (given) => {
      const frame = { ...given, id: newId() } as ActFrame
      unsent.push(frame)
      memory.keep(frame)
      if (isWelcome) transport?.send(frame)
      else wake()
      return frame.id
    },
    hint: (frame) => {
      if (isWelcome) transport?.send(frame)
    },
    identify: (given) => {
      jwt = given
      restart()
    },
    forget: () => {
      unsent.length = 0
      jwt = null
      restart()
    },
  }
}

/** `crypto.randomUUID` is not there on plain http pages. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
