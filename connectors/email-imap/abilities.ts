/** What a letter can hold and what mail cannot do. Losses behind `partial` are named in setup.md. */
import type { Abilities } from '#contract/message/abilities.ts'

/** Providers commonly take 25 MB in all, and base64 makes 4 bytes of 3. A larger limit of a server is not used; a smaller one answers 552. */
export const FILE_BYTES = 18_000_000

const attached = { in: 'full', out: 'full', types: ['*'], bytes: FILE_BYTES, by: 'upload' } as const

export const abilities: Abilities = {
  text: {
    // No limit in RFC 5322; a longer text is no letter but a file.
    max: 500_000,
    unit: 'utf16',
    marks: {
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      code: 'full',
      pre: 'full',
      quote: 'full',
      heading: 'full',
      link: 'full',
    },
  },
  media: {
    image: { ...attached, types: ['image/*'] },
    video: { ...attached, types: ['video/*'] },
    audio: { ...attached, types: ['audio/*'] },
    file: { ...attached, types: ['*'] },
  },
  subject: { in: 'full', out: 'full' },
  together: true,
  copies: { in: 'full', out: 'full' },
  // RFC 5322 §3.6.4
  reply: { in: 'full', out: 'full' },
  thread: { in: 'full', out: 'full' },
  // A refusal after acceptance comes as a letter (RFC 3464); "delivered" and "read" are asked of nobody.
  first: { who: 'anyone', by: ['email'] },
  // Providers limit hours and days, each otherwise; a 4xx answer slows the sender down further.
  pacing: { channel: [{ n: 1, per: 1, burst: 10 }], chat: [{ n: 1, per: 2, burst: 3 }] },
  confirms: 'id',
  // The folder of sent letters shows what was written elsewhere.
  echo: 'all',
  sender: 'checked',
}
