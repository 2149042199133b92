/**
 * How long the body of a request may be on its way: one that never comes to its end holds its connection, and what was kept of it so far.
 *
 * Node has one limit for all requests of a server, and an upload over a poor line takes longer than anything else may. So each has the usual
 * time; an upload that was let in then goes on as long as every minute brings enough of it. A limit on silence alone would let a byte a minute
 * hold 50 MB for years.
 */
import type { IncomingMessage } from 'node:http'

/** In bytes, less than 9 kB a second: lines over which a picture is still sent are faster. */
export const LEAST_UPLOAD_A_MINUTE = 512 * 1024
/**
 * For Node's own watch, which sees what never becomes a request to us (an expectation that nobody meets): more than the largest upload takes at
 * the least pace.
 */
export const LONGEST_ARRIVAL_MS = 2 * 3_600_000

const LIMITS = { usualMs: 130_000, minuteMs: 60_000, leastAMinute: LEAST_UPLOAD_A_MINUTE }
/** As Node says it. */
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'

const long = new WeakSet<IncomingMessage>()

/** For an upload of somebody who may: after the usual time it has a least pace. */
export const takesLong = (request: IncomingMessage): void => void long.add(request)

/** For every request, as soon as its head is known. What comes too late, or too slowly, is answered with 408 and ends with its connection. */
export function watchArrival(request: IncomingMessage, { usualMs, minuteMs, leastAMinute } = LIMITS): void {
  const { socket, headers } = request
  if (!('content-length' in headers) && !('transfer-encoding' in headers)) return
  const end = () => {
    clearTimeout(timer)
    if (request.complete) return
    if (socket.writable) socket.write(TOO_SLOW)
    socket.destroy()
  }
  const keepPace = () => {
    let before = socket.bytesRead
    timer = setInterval(() => {
      const came = socket.bytesRead - before
      before += came
      if (came < leastAMinute) end()
    }, minuteMs).unref()
  }
  let timer = setTimeout(() => (long.has(request) ? keepPace() : end()), usualMs).unref()
  // Not with its answer: a body that nobody wants arrives all the same.
  request.once('close', () => clearTimeout(timer))
}
