/** What was taped as goldens: the first half scrubbed, the second as the connector reads it now. */
import type { Connector, Json } from '../connector.ts'
import { runIncoming, runOutgoing, type IncomingGolden, type OutgoingGolden } from '../conformance/golden-run.ts'
import type { GoldenAccount } from '../conformance/golden-world.ts'
import type { Scrubbing } from './scrubbing.ts'
import type { Taped } from './taping.ts'

export interface Cases {
  incoming: IncomingGolden[]
  outgoing: OutgoingGolden[]
  /** What is not kept, and why. */
  left: string[]
}

export async function casesOf(
  connector: Connector,
  account: GoldenAccount,
  tape: readonly Taped[],
  { scrub, leaks }: Scrubbing,
): Promise<Cases> {
  const cases: Cases = { incoming: [], outgoing: [], left: [] }
  for (const [index, taped] of tape.entries()) {
    const label = `recorded ${taped.at.toISOString().slice(0, 16)} ${index + 1}`
    const now = taped.at.toISOString()
    try {
      if (taped.is === 'plan') {
        const { op, ask, args = [], kept, replies } = taped
        const what = op ? { op: scrub(op) } : { ask: ask!, ...(args.length > 0 ? { args: scrub(args) } : {}) }
        const first: OutgoingGolden = {
          label: `${label}: ${op?.do ?? ask}`,
          now,
          ...(Object.keys(kept).length > 0 ? { kept: scrub(kept) } : {}),
          ...what,
          replies: scrub(replies),
        }
        keep(cases.outgoing, { ...first, ...(await runOutgoing(connector, account, first)) })
      } else for (const each of await incomingCases(taped, label, now)) keep(cases.incoming, each)
    } catch (error) {
      cases.left.push(`${label}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return cases

  async function incomingCases(
    taped: Exclude<Taped, { is: 'plan' }>,
    label: string,
    now: string,
  ): Promise<IncomingGolden[]> {
    const run = async (first: IncomingGolden) => ({ ...first, ...(await runIncoming(connector, account, first)) })
    if (taped.is === 'event') return [named(await run({ label, now, event: scrub(taped.event) }))]
    const whole = await run({ label, now, request: scrub(taped.request) })
    if (!isRefused(whole.opened)) return [named(whole)]
    // A signature over the very bytes: what it holds is kept event by event.
    return Promise.all(
      taped.events.map(async (event, index) =>
        named(await run({ label: `${label}.${index + 1}`, now, event: scrub(event) })),
      ),
    )
  }

  function keep<Golden extends { label: string }>(all: Golden[], golden: Golden): void {
    if (leaks(golden)) cases.left.push(`${golden.label}: a real name, address or secret is still in it`)
    else all.push(golden)
  }
}

const isRefused = (opened: Json): boolean => typeof opened === 'object' && opened !== null && 'refuse' in opened

const named = (golden: IncomingGolden): IncomingGolden => {
  const told = Array.isArray(golden.incoming) ? (golden.incoming as { is: string }[]) : []
  return { ...golden, label: `${golden.label}: ${told.map(({ is }) => is).join(', ') || 'nothing'}` }
}
