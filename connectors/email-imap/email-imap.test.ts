import { keepsItsPromises } from '#connector-kit/conformance/conformance.ts'
import connector from './email-imap.ts'
import startMail, { never } from './emulator.ts'
import { REFUSALS } from './refusals.ts'

keepsItsPromises(connector, new URL('./testdata/', import.meta.url), startMail, {
  never,
  refusals: [REFUSALS],
  ours: {
    'text.max': 'RFC 5322 knows no limit; a longer text is better read as a file',
    'image.bytes':
      'what providers commonly take; a server that takes more is no reason to write letters that others refuse',
  },
})
