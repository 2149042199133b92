/**
 * The two journals that lie outside Parley: what customers said and had acknowledged, and what platforms received from us. The third is
 * Parley's own database.
 */
export interface Said {
  readonly chat: string
  readonly n: number
  readonly text: string
  /** The platform had our success answer. */
  acknowledged: boolean
}

export interface Received {
  readonly chat: string
  readonly text: string
  readonly id: string
  readonly key: string
}

/** Of one account on a platform. */
export interface Journal {
  readonly account: string
  /** Oldest first inside a chat. */
  readonly said: Said[]
  /** What stands on the customers' screens: twins that the platform folded are not here. */
  readonly received: Received[]
  /** Requests that were twins by their key. */
  folded: number
}

export const emptyJournal = (account: string): Journal => ({ account, said: [], received: [], folded: 0 })
