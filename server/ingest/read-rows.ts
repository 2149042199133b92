/**
 * What claimed events tell: their connectors read them, for a second a batch at most, since it holds locks and windows wait for its end.
 * What is not read by then is left to the next one, in order; an event that takes longer is read on beside it (readings.ts). Where as many
 * are as may be, the next ones are not begun. Bodies are fetched of what is read now: the others would be fetched again and again.
 */
import { needsThread } from '#connector-kit/heavy.ts'
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
/** Nothing is begun for less: it would only be late. */
const LEAST_MS = 5
/** Bodies that are fetched at once. What may take a whole batch to read is fetched alone. */
const PORTION = 32
/** Names of large events that wait, as far as they are remembered. */
const MOST_LARGE = 1_000
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
  /** Not begun: too many of their channel are still being read. */
  readonly waiting: WorkRow[]
  /** Time was up before all were looked at. */
  readonly cut: boolean
}

export type ReadRows = (
  rows: readonly WorkRow[],
  channels: ReadonlyMap<ChannelId, LiveChannel>,
  bodiesOf: (ids: InboundId[]) => Promise<ReadonlyMap<InboundId, JournaledEvent>>,
) => Promise<Read>

/** @returns reads rows in their order. What a connector throws is told of its event; what the database says, and what is nobody's fault, is thrown */
export function rowReader(incomingOf: IncomingOf): ReadRows {
  const readings = openReadings<Incoming[]>()
  /** Of light channels, and known to be read like those of heavy ones. */
  const large = new Set<InboundId>()

  async function readOne(ms: number, row: WorkRow, begin: () => Promise<Incoming[]>) {
    const began = performance.now()
    try {
      return await readings.within(ms, row.inbound, begin, row.channel)
    } finally {
      if (performance.now() - began > LONG_MS) await hearWhatCame()
    }
  }

  function rememberLarge(inbound: InboundId): void {
    if (large.size >= MOST_LARGE) large.clear()
    large.add(inbound)
  }

  return async (rows, channels, bodiesOf) => {
    const read: Read = { rows: [], told: [], unread: [], late: [], waiting: [], cut: false }
    let cut = false
    /** Behind what is not read yet. */
    const closed = new Set<string>()
    const leave = (row: WorkRow, among: WorkRow[]) => {
      closed.add(row.lane)
      among.push(row)
    }
    const isHeavy = ({ channel, inbound }: WorkRow) =>
      channels.get(channel)?.connector.heavy === true || large.has(inbound)
    const isCrowded = ({ inbound, channel }: WorkRow) => readings.isCrowded(inbound, channel)

    /** The next rows that will be read quickly, from this one on. */
    function portionFrom(index: number): WorkRow[] {
      const portion: WorkRow[] = []
      const shut = new Set(closed)
      for (let at = index; at < rows.length && portion.length < PORTION; at++) {
        const row = rows[at]!
        if (readings.isLate(row.inbound)) shut.add(row.lane)
        if (!shut.has(row.lane) && !isHeavy(row)) portion.push(row)
      }
      return portion
    }

    let fetched = new Set<InboundId>()
    let bodies: ReadonlyMap<InboundId, JournaledEvent> = new Map()
    async function bodyOf(row: WorkRow, index: number): Promise<JournaledEvent | undefined> {
      if (isHeavy(row)) return (await bodiesOf([row.inbound])).get(row.inbound)
      if (!fetched.has(row.inbound)) {
        fetched = new Set(portionFrom(index).map(({ inbound }) => inbound))
        bodies = await bodiesOf([...fetched])
      }
      return bodies.get(row.inbound)
    }

    const began = performance.now()
    for (const [index, row] of rows.entries()) {
      if (closed.has(row.lane)) continue
      if (readings.isLate(row.inbound)) {
        leave(row, read.late)
        continue
      }
      if (isHeavy(row) && isCrowded(row)) {
        leave(row, read.waiting)
        continue
      }
      const leftMs = began + READING_MS - performance.now()
      if (leftMs < LEAST_MS) {
        cut = true
        closed.add(row.lane)
        continue
      }
      const channel = channels.get(row.channel)
      const journaled = channel && (await bodyOf(row, index))
      // A removed channel's last events, or ones that retention took: nothing to tell any more.
      let incoming: Incoming[] = []
      try {
        if (channel && journaled) {
          if (isCrowded(row) && needsThread(channel.connector, journaled.event)) {
            rememberLarge(row.inbound)
            leave(row, read.waiting)
            continue
          }
          const came = await readOne(leftMs, row, () => incomingOf(channel, journaled.event))
          if (came === LATE) {
            leave(row, read.late)
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
      large.delete(row.inbound)
      read.rows.push(row)
      if (channel) read.told.push(toldBy(row, channel, incoming, journaled?.receivedAt ?? programClock.now()))
    }
    return { ...read, cut }
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
