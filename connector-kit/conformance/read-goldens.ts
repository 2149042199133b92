/** The goldens of a connector, as they stand in its `testdata/`. */
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingGolden, OutgoingGolden } from './golden-run.ts'
import type { GoldenAccount } from './golden-world.ts'

export interface Goldens {
  account: GoldenAccount
  incoming: IncomingGolden[]
  outgoing: OutgoingGolden[]
}

/** @param testdata  the folder, ending in `/` */
export function readGoldens(testdata: URL): Goldens {
  const read = <T>(name: string, otherwise: T): T => {
    const file = new URL(name, testdata)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : otherwise
  }
  return {
    account: read('account.json', { settings: {}, me: { id: 'me', name: 'Me' } }),
    incoming: read('incoming.json', []),
    outgoing: read('outgoing.json', []),
  }
}
