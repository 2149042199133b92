/** All that the page shows, sent whole whenever it changed: screens are small, and a picture cannot miss an event. */
import type { SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { Manifest, Words } from '#contract/manifest.ts'
import type { Look } from './looks.ts'
import type { Trouble } from './phones.ts'

export interface Snapshot {
  parley: { url: string; email: string; password: string }
  language: 'en' | 'ru'
  /** The shop's site carries the chat. */
  shop: boolean
  networks: NetworkShown[]
}

export interface NetworkShown {
  folder: string
  name: Words
  look: Look
  /** Where people write to, as they know it: the channel's own address. */
  address: string
  links: NonNullable<Manifest['links']> | null
  /** What can break there, and what does now. */
  troubles: Trouble[]
  broken: Trouble[]
  phones: PhoneShown[]
}

export interface PhoneShown {
  name: string
  id: string
  blocked: boolean
  screen: SeenMessage[]
}
