/**
 * A connector's whole test: its goldens, then the promises that all connectors share, against its emulator and without a server.
 * What needs the whole program (one message for a doubled event, a queue kept while signed out …) is in `tests/conformance/`.
 */
import { describe, test } from 'vitest'
import type { Connector } from '../connector.ts'
import type { StartEmulator } from '../emulator/emulator.ts'
import type { SomeRefusals } from './claims.ts'
import { goldens } from './goldens.ts'
import { neverThrows } from './never-throws.ts'
import { promisesBroken, type BrokenOptions } from './promises-broken.ts'
import { promisesIn } from './promises-in.ts'
import { promisesOut, type OutOptions } from './promises-out.ts'
import type { Way } from './signed-in.ts'
import { setStage, type KitPromise } from './stage.ts'

export interface PromiseOptions extends Partial<OutOptions>, Partial<BrokenOptions> {
  /** The connector's tables of refusals: one golden per row is wanted. */
  refusals?: SomeRefusals
  /** Promises that this network's emulator cannot show, each with its reason; the report card says so. */
  except?: Readonly<Record<string, string>>
}

/** All promises of a connector, by name. `except` takes those away that cannot be shown. */
export function promisesOf(connector: Connector, { ours = {}, never = {}, except = {} }: PromiseOptions): KitPromise[] {
  return [
    ...promisesIn(connector),
    ...promisesOut(connector.abilities, { ours }),
    ...promisesBroken(connector, { never }),
  ].filter(({ name }) => !(name in except))
}

/** @param testdata  the folder with `account.json`, `incoming.json`, `outgoing.json`, ending in `/` */
export function keepsItsPromises(
  connector: Connector,
  testdata: URL,
  startEmulator: StartEmulator,
  options: PromiseOptions = {},
): void {
  goldens(connector, testdata, options.refusals)
  neverThrows(connector, testdata)
  const ways = connector.manifest.receives
  const [usual = 'line'] = ways
  describe('promises', () => {
    for (const { name, keep } of promisesOf(connector, options)) test(name, () => onStage(usual, keep), 60_000)
  })
  describe.each(ways.filter((way) => way !== usual).map((way) => ({ way })))('promises by $way', ({ way }) => {
    for (const { name, keep } of promisesIn(connector))
      if (!(name in (options.except ?? {}))) test(name, () => onStage(way, keep), 60_000)
  })

  async function onStage(way: Way, keep: KitPromise['keep']): Promise<void> {
    const stage = await setStage(connector, startEmulator, way)
    try {
      await keep(stage)
    } finally {
      await stage.close()
    }
  }
}
