import { IconInbox, IconPlugConnected, IconSettings, type Icon } from '@tabler/icons-react'
import type { Act } from '#contract/rights.ts'
import type en from './words.en.ts'

/** A key of the frame's words, `place.<name>`: a place without words does not compile, nor one without a route. */
type Name = keyof typeof en.place

export interface Place {
  readonly to: `/${Name}`
  readonly icon: Icon
  readonly name: Name
  readonly keys: string
  readonly may: Act | 'signed_in'
}

/** The rail, the bottom bar and `G …` are drawn from this list. */
export const PLACES: readonly Place[] = [
  { to: '/inbox', icon: IconInbox, name: 'inbox', keys: 'g i', may: 'conversation.read' },
  { to: '/channels', icon: IconPlugConnected, name: 'channels', keys: 'g h', may: 'channel.read' },
  { to: '/settings', icon: IconSettings, name: 'settings', keys: 'g s', may: 'signed_in' },
]
