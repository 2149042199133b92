import type { ChannelId } from '#contract/ids.ts'

/** The little that reading a channel's events needs to know of it. */
export interface ChannelRealm {
  readonly id: ChannelId
  readonly network: string
  /** Where its external ids are unique; empty: everywhere. */
  readonly scope: string
  /** The platform's window after the contact wrote, in seconds. */
  readonly windowSeconds: number | null
}
