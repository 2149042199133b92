/**
 * Goldens: `testdata/incoming.json` and `testdata/outgoing.json` hold inputs, then what came out. `vitest run … --update` (or
 * `UPDATE_GOLDENS=1`) writes the second half anew; its diff is read like code. A request without a prepared reply fails.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { Content } from '#contract/message/content.ts'
import type { Connector } from '../connector.ts'
import type { Refusals } from '../refusals.ts'
import { claimsOf, tellsOf } from './claims.ts'
import {
  runIncoming,
  runOutgoing,
  type IncomingGolden,
  type IncomingOutcome,
  type OutgoingGolden,
  type OutgoingOutcome,
} from './golden-run.ts'
import { readGoldens } from './read-goldens.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- a table of refusals is typed by its own answers
export function goldens(connector: Connector, testdata: URL, refusals: readonly Refusals<any>[] = []): void {
  const all = readGoldens(testdata)

  describe('goldens', () => {
    suite<IncomingGolden, IncomingOutcome>(
      'in',
      'incoming.json',
      all.incoming,
      ['opened', 'incoming', 'error'],
      (golden) => runIncoming(connector, all.account, golden),
    )
    suite<OutgoingGolden, OutgoingOutcome>(
      'out',
      'outgoing.json',
      all.outgoing,
      ['requests', 'sent', 'told', 'error'],
      (golden) => runOutgoing(connector, all.account, golden),
    )

    // Who reads them takes them as they are: what a schema would fill in is missing in the answer, and the answer is refused.
    test('what is told of messages is whole: a schema would fill in nothing', () => {
      const contents = readGoldens(testdata).incoming.flatMap((golden) =>
        tellsOf(golden).flatMap((told) => ('content' in told ? [{ label: golden.label, content: told.content }] : [])),
      )
      expect(contents.map(({ label, content }) => ({ label, content: Content.parse(content) }))).toEqual(contents)
    })

    test('each ability, each refusal and each oddity of the network has its golden', () => {
      // They are being written: the next run looks.
      if (isUpdate()) return
      const missing = claimsOf(connector, refusals)
        .filter(({ isKept }) => !isKept(readGoldens(testdata)))
        .map(({ name }) => name)
      expect(missing).toEqual([])
    })
  })

  function suite<Golden extends IncomingGolden | OutgoingGolden, Outcome extends object>(
    way: 'in' | 'out',
    file: string,
    cases: Golden[],
    second: readonly (keyof Outcome & string)[],
    run: (golden: Golden) => Promise<Outcome>,
  ) {
    const fresh = new Map<Golden, Outcome>()
    test.each(cases.filter(({ never }) => never === undefined))(`${way}: $label`, async (golden) => {
      const outcome = await run(golden)
      if (isUpdate()) fresh.set(golden, outcome)
      else expect(outcome).toEqual(Object.fromEntries(second.flatMap((key) => entryOf(golden, key))))
    })
    test(`${way}: labels are unique`, () => {
      const labels = cases.map(({ label }) => label)
      expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([])
    })
    afterAll(() => {
      if (fresh.size === 0) return
      const written = cases.map((golden) => {
        const outcome = fresh.get(golden)
        if (!outcome) return golden
        const first = Object.entries(golden).filter(([key]) => !(second as readonly string[]).includes(key))
        return { ...Object.fromEntries(first), ...outcome }
      })
      writeFileSync(new URL(file, testdata), `${JSON.stringify(written, null, 2)}\n`)
    })
  }
}

const entryOf = (golden: object, key: string): [string, unknown][] => {
  const value = (golden as Record<string, unknown>)[key]
  return value === undefined ? [] : [[key, value]]
}

/** `vitest --update`, asked inside a test: before there is no state. */
const isUpdate = (): boolean =>
  process.env.UPDATE_GOLDENS === '1' ||
  (expect.getState().snapshotState as unknown as { _updateSnapshot?: string } | undefined)?._updateSnapshot === 'all'
