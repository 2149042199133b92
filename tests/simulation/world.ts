/** What one run is made of: its time, its chance, what the database keeps, what is watched. */
import type { ChannelId } from '#contract/ids.ts'
import type { Random } from '#tests/faults/random.ts'
import type { Clock } from './clock.ts'
import type { Platform } from './platform.ts'
import type { Store } from './store.ts'
import type { Watch } from './watch.ts'

export interface World {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly platforms: ReadonlyMap<ChannelId, Platform>
  readonly watch: Watch
  /** Things still break; afterwards everybody is well. */
  isChaos(): boolean
  /** A line of the trace; built only where somebody reads it. */
  tell(words: () => string): void
}

/** How long things break. */
export const CHAOS_MS = 4 * 60_000

/** A channel whose platform is honest and never away: whatever befalls the others is no reason for it to wait. */
export const STEADY = 'steady' as ChannelId
