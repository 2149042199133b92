import { IconInbox, IconPlugConnected, IconSettings, type Icon } from '@tabler/icons-react'
import type { Act } from '#contract/rights.ts'

export interface Place {
  readonly to: '/inbox' | '/channels' | '/settings'
  readonly icon: Icon
  /** A key of the frame's words: `place.<name>`. */
  readonly name: 'inbox' | 'channels' | 'settings'
  readonly keys: string
  readonly may: Act | 'signed_in'
}

/** The rail, the bottom bar and `G …` are drawn from this list. */
export const PLACES: readonly Place[] = [
  { to: '/inbox', icon: IconInbox, name: 'inbox', keys: 'g i', may: 'conversation.read' },
  { to: '/channels', icon: IconPlugConnected, name: 'channels', keys: 'g h', may: 'channel.read' },
  { to: '/settings', icon: IconSettings, name: 'settings', keys: 'g s', may: 'signed_in' },
]
