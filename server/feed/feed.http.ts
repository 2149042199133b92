/** `WS /api/feed?cursor=&member=`: the window's socket. It only listens; whatever it says gets one fixed answer. */
import '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { FEED_BEAT_MS } from '#contract/feed/beat.ts'
import type { FeedFrame } from '#contract/feed/event.ts'
import type { ProblemCode } from '#contract/problem.ts'
import type { Caller } from '#server/platform/calls.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { Refused } from '#server/platform/problem.ts'
import type { FeedReader } from './reader.ts'

export interface FeedRouteDeps {
  reader: FeedReader
  hints: Hints
  callerOf(request: FastifyRequest, act: 'feed'): Promise<Caller>
  log: Log
}

/** A member who was removed or signed out is cut within a second. */
const RECHECK_MS = 500
/** Looked at in one moment, by one question; all of a thousand would hold up what is pushed meanwhile. */
const LOOKED_AT_ONCE = 100
/** From one group to the next. Little, for a socket comes into an earlier or later one whenever another goes. */
const BETWEEN_GROUPS_MS = 20
/** Who is refused for one of these is told so, and need not come again as he is. Any other refusal passes: he is cut like a lost wire. */
const CLOSINGS: Partial<Record<ProblemCode, keyof typeof CLOSE_CODES>> = {
  signed_out: 'signed_out',
  wrong_origin: 'signed_out',
  forbidden: 'forbidden',
  second_factor_wanted: 'forbidden',
  another_member: 'another_member',
}
const CLOSE_CODES = { signed_out: 4401, forbidden: 4403, another_member: 4409 } as const
/** RFC 6455: try again later. */
const LATER = 1013
/** A socket whose browser does not read is cut: it resumes from its cursor. */
const MOST_BUFFERED = 8 * 1024 * 1024
const BEAT = JSON.stringify({ hints: [] } satisfies FeedFrame)

export const feedRoute = (deps: FeedRouteDeps) =>
  async function routes(app: FastifyInstance): Promise<void> {
    const watched = new Set<() => void>()
    let looking: NodeJS.Timeout | undefined
    app.route({
      method: 'GET',
      url: '/api/feed',
      wsHandler: (socket, request) => void serve(socket, request),
      handler: async () => {
        throw new Refused('upgrade_wanted')
      },
    })

    async function serve(socket: WebSocket, request: FastifyRequest): Promise<void> {
      let leave = () => {}
      socket.on('error', () => socket.terminate())
      socket.on('message', () => socket.close(1008, 'this socket only listens'))
      try {
        const caller = await deps.callerOf(request, 'feed')
        const { cursor, member } = request.query as { cursor?: string; member?: string }
        // A socket of a browser can name no header: see MEMBER_HEADER.
        if (member !== undefined && member !== caller.member) throw new Refused('another_member')
        const send = (frame: Buffer) => {
          if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate()
          else socket.send(frame, { binary: false })
        }
        const stop = watch(socket, request)
        leave = stop
        const left = await deps.reader.join({ workspace: caller.workspace, member: caller.member, send }, cursor)
        leave = () => {
          stop()
          left()
        }
        if (socket.readyState !== socket.OPEN) leave()
        else socket.on('close', () => leave())
      } catch (error) {
        leave()
        if (error instanceof Refused) return close(socket, error)
        deps.log.debug({ error }, 'a feed could not be opened')
        socket.close(LATER)
      }
    }

    /** Asks again who this is, as long as the socket lives. */
    function watch(socket: WebSocket, request: FastifyRequest): () => void {
      const look = () => {
        deps.callerOf(request, 'feed').catch((error: unknown) => {
          if (error instanceof Refused) close(socket, error)
        })
      }
      watched.add(look)
      looking ??= setInterval(lookAround, RECHECK_MS)
      let isHeard = true
      socket.on('pong', () => (isHeard = true))
      // The frame is for the page, the ping for us: its browser answers while it is there.
      const beat = setInterval(() => {
        if (!isHeard) return socket.terminate()
        isHeard = false
        socket.ping()
        socket.send(BEAT)
      }, FEED_BEAT_MS)
      return () => {
        clearInterval(beat)
        watched.delete(look)
        if (watched.size > 0) return
        clearInterval(looking)
        looking = undefined
      }
    }

    /** Group after group, so that each is looked at as often as RECHECK_MS says. */
    function lookAround(): void {
      const looks = [...watched]
      const groups = Math.ceil(looks.length / LOOKED_AT_ONCE)
      const apartMs = Math.min(BETWEEN_GROUPS_MS, RECHECK_MS / groups)
      for (let group = 0; group < groups; group++) {
        const some = looks.slice(group * LOOKED_AT_ONCE, (group + 1) * LOOKED_AT_ONCE)
        setTimeout(() => {
          for (const look of some) if (watched.has(look)) look()
        }, group * apartMs)
      }
    }

    function close(socket: WebSocket, { code }: Refused): void {
      const closing = CLOSINGS[code]
      if (!closing) return socket.close(LATER)
      socket.send(JSON.stringify({ closing } satisfies FeedFrame))
      socket.close(CLOSE_CODES[closing])
    }
  }
