/** How often a feed's socket says that it lives. One that was silent for more than two beats is dead, however open it looks: its node froze, or the network forgot it. */
export const FEED_BEAT_MS = 10_000
