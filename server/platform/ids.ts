import { randomFillSync } from 'node:crypto'
import type { Clock } from './clock.ts'

/** A clock that went back less than this is waited out by counting on; more, and the ids follow it. */
const WORST_STEP_BACK_MS = 10_000
const MOST_IN_A_MS = 0xfff

const last = new WeakMap<Clock, { ms: number; count: number }>()

/**
 * An id that carries its time: UUIDv7 (RFC 9562), 48 bits of milliseconds, 12 bits that count inside the millisecond, 62 random bits.
 * Ids of one process grow strictly, also when the clock stands still or steps back a little. Made in the program, since PostgreSQL
 * has `uuidv7()` only from 18 on.
 */
export function uuidv7<Id extends string = string>(clock: Clock): Id {
  const { ms, count } = nextTick(clock)
  const random = eightRandomBytes()
  const time = ms.toString(16).padStart(12, '0')
  const rest = random.toString('hex')
  const variant = HEX[8 | ((random[0] as number) >> 6)]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex3(count)}-${variant}${rest.slice(1, 4)}-${rest.slice(4)}` as Id
}

/** Whether text that came from outside has the shape of one of our ids. */
export const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** When an id was made, to the millisecond. Ids are ordered by it: partitions and retention rely on that. */
export const timeOf = (id: string): Date => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))

/** The smallest id of a moment: `id >= firstIdAt(a) and id < firstIdAt(b)` means made from a until before b. */
export function firstIdAt<Id extends string = string>(at: Date): Id {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000` as Id
}

function nextTick(clock: Clock): { ms: number; count: number } {
  const now = clock.now().getTime()
  let state = last.get(clock)
  if (!state) last.set(clock, (state = { ms: 0, count: 0 }))
  if (now > state.ms || now < state.ms - WORST_STEP_BACK_MS) {
    state.ms = now
    // begins low, so that the count has room, yet not at zero: two processes in one millisecond should mix
    state.count = (eightRandomBytes()[0] as number) & 0x7f
  } else if (state.count === MOST_IN_A_MS) {
    state.ms++
    state.count = 0
  } else {
    state.count++
  }
  return state
}

const HEX = '0123456789abcdef'
const hex3 = (n: number) => `${HEX[n >> 8]}${HEX[(n >> 4) & 15]}${HEX[n & 15]}`

// one call of the random source costs microseconds: it is asked for many ids at once
const pool = Buffer.alloc(4096)
let used = pool.length

function eightRandomBytes(): Buffer {
  if (used + 8 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool.subarray(used, (used += 8))
}
