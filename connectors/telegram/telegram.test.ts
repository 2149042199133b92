import { keepsItsPromises } from '#connector-kit/conformance/conformance.ts'
import { refusals } from './api.ts'
import startEmulator from './emulator.ts'
import connector from './telegram.ts'

keepsItsPromises(connector, new URL('./testdata/', import.meta.url), startEmulator, {
  refusals: [refusals],
  ours: {
    'buttons.label': 'Telegram names no limit; longer ones are cut on small screens',
    'keyboard.label': 'Telegram names no limit; longer ones are cut on small screens',
    'keyboard.value': 'the label is what comes back: a key of a keyboard has no value',
  },
})
