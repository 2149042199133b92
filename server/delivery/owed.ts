/** What came of sends and is not written down yet. While a transaction writes some of it, more comes. */
import type { ChannelId } from '#contract/ids.ts'
import type { Result } from './results.ts'

export interface Owed {
  add(result: Result): void
  /** @returns all there is, for the transaction that begins; it stays owed until that ends */
  begin(): readonly Result[]
  written(): void
  /** Nothing of it happened: it comes before what came meanwhile. */
  undone(): void
  isOwed(channel: ChannelId): boolean
  isEmpty(): boolean
  /** Of their rows. */
  positions(): number[]
}

export function owedResults(): Owed {
  let waiting: Result[] = []
  /** Of the transaction under way. */
  let writing: Result[] = []
  const all = () => [...writing, ...waiting]
  return {
    add: (result) => void waiting.push(result),
    begin: () => {
      writing = waiting
      waiting = []
      return writing
    },
    written: () => void (writing = []),
    undone: () => {
      waiting = all()
      writing = []
    },
    isOwed: (channel) => all().some(({ row }) => row.channel === channel),
    isEmpty: () => waiting.length === 0 && writing.length === 0,
    positions: () => all().map(({ row }) => row.pos),
  }
}
