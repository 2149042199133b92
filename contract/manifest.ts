/** What a connector says of itself before anybody signs in; JSON, readable while the connector is down. */
import { z } from 'zod'
import { Abilities } from './message/abilities.ts'

/** A text in every language of the window. */
export const Words = z.object({ en: z.string(), ru: z.string() })
export type Words = z.infer<typeof Words>

export const Manifest = z.object({
  /** The world of addresses; several connectors may serve one network. */
  network: z.string(),
  name: Words,
  access: z.enum(['open', 'official', 'paid', 'unofficial']),
  /** In order of preference; a setting overrides. */
  receives: z.array(z.enum(['webhook', 'polling', 'line'])),
  /** Where an external id is unique: everywhere, inside one channel, or inside `Me.scope`. */
  scope: z.enum(['world', 'channel', 'me']),
  /** The only hosts that requests may reach, besides those the channel's settings name. */
  hosts: z.array(z.string()),
  /** A root certificate trusted for these hosts alone, as PEM. */
  ca: z.string().optional(),
  /**
   * Links into a chat with us. `{handle}` is `Me.handle`, `{id}` is `Me.id`, `{token}` the proof token, `{page}` an address
   * from the settings (else `Me.handle`), as it is.
   * `token`: longest parameter the link may carry; 0 = none, then the person types a code.
   */
  links: z.object({ start: z.string().optional(), open: z.string().optional(), token: z.int() }).optional(),
  /** HTML that a site's owner pastes into his pages. `{url}` is Parley's public address, `{channel}` the channel's id. */
  embed: z.string().optional(),
  risk: z.object({ ban: Words.optional(), cost: Words.optional(), terms: z.string().optional() }).optional(),
})
export type Manifest = z.infer<typeof Manifest>

/** What the window knows of a connector: enough to draw its form, its logo and its limits. */
export const ConnectorCard = z.object({
  /** The folder's name. */
  id: z.string(),
  manifest: Manifest,
  /** JSON Schema; `title` and `description` come as `label` and `hint` in every language, `secret: true` marks write-only fields. */
  settings: z.record(z.string(), z.unknown()),
  abilities: Abilities,
  /** Markdown. */
  setup: Words,
  /** SVG source. */
  logo: z.string(),
})
export type ConnectorCard = z.infer<typeof ConnectorCard>
