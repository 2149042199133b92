import { keepsItsPromises } from '#connector-kit/conformance/conformance.ts'
import connector from './email-imap.ts'
import startEmulator from './emulator.ts'
import { REFUSALS } from './refusals.ts'

keepsItsPromises(connector, new URL('./testdata/', import.meta.url), startEmulator, { refusals: [REFUSALS] })
