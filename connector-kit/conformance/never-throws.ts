/** Whatever comes, from whomever: `open` answers, `incoming` reads or says that it cannot. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Connector, Event } from '../connector.ts'
import { ApiChanged } from '../send-error.ts'
import { readGoldens } from './read-goldens.ts'
import { goldenContext, webhookRequestOf } from './golden-world.ts'

const SITUATION = { label: 'anything at all' }

export function neverThrows(connector: Connector, testdata: URL): void {
  const { account, incoming } = readGoldens(testdata)
  const context = () => goldenContext(SITUATION, account, (settings) => connector.settings.parse(settings))
  const events = incoming.flatMap(
    ({ event, request }) => event?.body ?? (typeof request?.body === 'object' ? request.body : []),
  )

  describe('whatever comes', () => {
    if (connector.webhook)
      test('open never throws, and takes nothing without its secret', () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 2000 }), fc.dictionary(fc.string(), fc.string()), (bytes, headers) => {
            const request = { ...webhookRequestOf(SITUATION.label, { headers }), bytes }
            const opened = connector.webhook!.open(request, { ...context(), secret: 'another one' })
            expect('events' in opened).toBe(false)
          }),
          { numRuns: 200 },
        )
      })

    test('incoming throws nothing but ApiChanged, on any JSON', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.json().map((text): unknown => JSON.parse(text)),
            damaged(events),
          ),
          async (body) => {
            const event: Event = { key: '1', lane: '1', body }
            try {
              expect(Array.isArray(await connector.incoming(event, context()))).toBe(true)
            } catch (error) {
              if (!(error instanceof ApiChanged)) throw error
            }
          },
        ),
        { numRuns: 400 },
      )
    })
  })
}

/** A real event with one value replaced: nearer to what a changed API sends than anything random. */
const damaged = (events: unknown[]): fc.Arbitrary<unknown> =>
  events.length === 0
    ? fc.constant({})
    : fc.tuple(fc.constantFrom(...events), fc.nat(), fc.jsonValue()).map(([event, at, value]) => {
        const copy = structuredClone(event)
        const places: [Record<string, unknown>, string][] = []
        const walk = (node: unknown): void => {
          if (typeof node !== 'object' || node === null) return
          for (const [key, child] of Object.entries(node)) {
            places.push([node as Record<string, unknown>, key])
            walk(child)
          }
        }
        walk(copy)
        const place = places[at % Math.max(1, places.length)]
        if (place) place[0][place[1]] = value
        return copy
      })
