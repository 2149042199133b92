/**
 * What claimed events tell: their connectors read them, for a second a batch at most, since it holds locks and windows wait for its end.
 * What is not read by then is left to the next one, in order; an event that takes longer is read on beside it (readings.ts).
 */
import type { Incoming } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { ChannelId, InboundId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Told } from '#server/conversations/told.ts'
import { programClock } from '#server/platform/new-id.ts'
import { storable } from '#server/platform/storable.ts'
import type { WorkRow } from './claim.ts'
import type { JournaledEvent } from './journal.ts'
import { isNobodysFault } from './nobodys-fault.ts'
import { withPossibleTimes } from './possible-times.ts'
import { LATE, openReadings } from './readings.ts'

/** How long a batch reads at most. */
const READING_MS = 1_000
/** A reading in place that took so long has kept us from hearing the database. */
const LONG_MS = 100

/** What an event tells; heavy connectors run in a thread of their own. */
export type IncomingOf = (
  channel: LiveChannel,
  event: { key: string; lane: string; body: unknown },
) => Promise<Incoming[]>

/** An event that could not be read; `strange`: its connector does not understand it. */
export interface Unread {
  readonly pos: number
  readonly error: unknown
  readonly strange: boolean
}

/** What a batch came to read of its rows. The others are left where they are. */
export interface Read {
  /** Those that were understood, and what they tell; without a channel or an event, nothing. */
  readonly rows: WorkRow[]
  readonly told: Told[]
  readonly unread: Unread[]
  /** Still being read. */
  readonly late: WorkRow[]
  /** Time was up before all were looked at. */
  readonly cut: boolean
}

export type ReadRows = (
  rows: readonly WorkRow[],
  events: ReadonlyMap<InboundId, JournaledEvent>,
  channels: ReadonlyMap<ChannelId, LiveChannel>,
) => Promise<Read>

/** @returns reads rows in their order; it throws only what is nobody's fault */
export function rowReader(incomingOf: IncomingOf): ReadRows {
  const readings = openReadings<Incoming[]>()

  async function readOne(ms: number, inbound: InboundId, begin: () => Promise<Incoming[]>) {
    const began = performance.now()
    try {
      return await readings.within(ms, inbound, begin)
    } finally {
      if (performance.now() - began > LONG_MS) await hearWhatCame()
    }
  }

  return async (rows, events, channels) => {
    const read: Read = { rows: [], told: [], unread: [], late: [], cut: false }
    /** Behind what is not read yet. */
    const closed = new Set<string>()
    const began = performance.now()
    for (const row of rows) {
      if (closed.has(row.lane)) continue
      const leftMs = began + READING_MS - performance.now()
      if (leftMs <= 0) return { ...read, cut: true }
      const channel = channels.get(row.channel)
      const journaled = events.get(row.inbound)
      // A removed channel's last events, or ones that retention took: nothing to tell any more.
      let incoming: Incoming[] = []
      try {
        if (channel && journaled) {
          const came = await readOne(leftMs, row.inbound, () => incomingOf(channel, journaled.event))
          if (came === LATE) {
            closed.add(row.lane)
            read.late.push(row)
            continue
          }
          incoming = storable(came)
        }
      } catch (error) {
        if (isNobodysFault(error)) throw error
        const strange = error instanceof ApiChanged
        if (!strange) closed.add(row.lane)
        read.unread.push({ pos: row.pos, error, strange })
        continue
      }
      read.rows.push(row)
      if (channel) read.told.push(toldBy(row, channel, incoming, journaled?.receivedAt ?? programClock.now()))
    }
    return read
  }
}

const toldBy = (row: WorkRow, channel: LiveChannel, incoming: readonly Incoming[], receivedAt: Date): Told => ({
  pos: row.pos,
  channel,
  inbound: row.inbound,
  receivedAt,
  incoming: incoming.map((each) => withPossibleTimes(each, receivedAt)),
  overdue: row.overdue,
})

/** Lets in what came while nothing else could run: a connection that was cut meanwhile says why only until it is written to. */
async function hearWhatCame(): Promise<void> {
  // The first ends the round of the event loop in which we are; what came is read in the next one.
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve))
}
