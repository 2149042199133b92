/**
 * A shop's week, as it went: who wrote where, what was answered, what became of it. Played through the real channels by `tell-story.ts`,
 * never written into tables.
 */
export interface Story {
  shop: string
  owner: { name: string; email: string }
  colleagues: readonly { key: string; name: string; email: string }[]
  /** People whose phones stand on the page from the start; the first is in hand. */
  people: readonly string[]
  talks: readonly Talk[]
}

export interface Talk {
  /** The look of the messenger: which app the person writes with. */
  app: 'phone' | 'mail' | 'site'
  person: string
  subject?: string
  /** How many hours before now the last line was said. */
  hoursAgo: number
  lines: readonly Line[]
  /** What the shop did with the conversation afterwards. */
  closed?: true
  snoozedForHours?: number
  /** A colleague's key, or `owner`. */
  assignee?: string
  tags?: readonly string[]
}

/** `they` and `we` talk; `note` stays in the house; `photo` is a picture they sent, drawn in one colour. */
export type Line =
  | { they: string }
  | { photo: string; caption?: string }
  | { we: string; choices?: readonly string[] }
  | { note: string }
