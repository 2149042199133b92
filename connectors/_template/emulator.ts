/** A strict small NAME server, written from the vendor's pages and without a look at the connector. */
import type { StartEmulator } from '#connector-kit/emulator/emulator.ts'

const start: StartEmulator = async () => {
  throw new Error('the emulator of NAME is not written yet')
}

export default start
