/** What the network can do, and how much of it; a link to the vendor's page on each line. Losses behind `partial` are named in setup.md. */
import type { Abilities } from '#contract/message/abilities.ts'

export const abilities: Abilities = {
  text: { max: 1000, unit: 'utf16', marks: {} },
  first: { who: 'after_they_wrote', by: [] },
  pacing: { channel: [{ n: 10, per: 1 }] },
  confirms: 'id',
  sender: 'platform',
}
