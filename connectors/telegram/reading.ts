import type { Context, Incoming } from '#connector-kit/connector.ts'
import type { Settings } from './settings.ts'

/** What every reader of an update is given besides its payload. */
export interface Reading {
  c: Context<Settings>
  updateId: number
}

/** Reads one kind of update. */
export type Reader = (payload: unknown, reading: Reading) => Incoming[]
