/** What goes wrong, one after the other: a pure function of the seed, so that a run can be asked for again, or from its middle on. */
import { MOMENTS, type Moment } from '#server/platform/buggify.ts'
import { randomOf, type Random } from './random.ts'
import { TROUBLES, type Trouble } from './proxy.ts'

export type Side = 'north' | 'south'
/** The wires that a proxy stands in: of each node to its database, of platforms to each node, of all nodes to platforms. */
export type Wire = `${Side} to database` | `platform to ${Side}` | 'to platform'

export type Fault = { readonly restMs: number } & (
  | { readonly is: 'kill'; readonly node: Side; readonly at: Moment | null }
  | { readonly is: 'pause'; readonly node: Side; readonly ms: number }
  | { readonly is: 'stop'; readonly node: Side }
  | { readonly is: 'crash' }
  | { readonly is: 'wire'; readonly wire: Wire; readonly trouble: Trouble; readonly ms: number }
  | { readonly is: 'slow disk' | 'full disk' | 'failing disk'; readonly ms: number }
)
export type FaultKind = Fault['is']

/** How many of each kind in a run of all of them; a shorter run has its share of each. */
export type Deck = Readonly<Partial<Record<FaultKind, number>>>

export const FULL: Deck = { kill: 405, crash: 61, pause: 41, wire: 40, stop: 8, 'slow disk': 5 }
export const FULL_FAULTS = countOf(FULL)
/** Short: no pauses, which take 12 s each. */
export const SMOKE: Deck = { kill: 90, crash: 10 }

/** On a small disk of its own. */
export const DISK: Deck = { 'full disk': 4, 'failing disk': 4, 'slow disk': 4, kill: 4 }
export const DISK_FAULTS = countOf(DISK)

const SIDES: readonly Side[] = ['north', 'south']
const WIRES: readonly Wire[] = [
  ...SIDES.flatMap((side): Wire[] => [`${side} to database`, `platform to ${side}`]),
  'to platform',
]
/** So that the node wakes up as somebody who owns nothing any more. */
const BEYOND_A_LEASE_MS = 12_000
/** Kills that wait for one of the moments where they hurt most; the others come when they come. */
const AT_A_MOMENT = 0.25

export function planOf(options: { seed: number; faults: number; deck: Deck; restMs: number }): Fault[] {
  const random = randomOf(options.seed)
  const kinds = shuffled(dealt(options.deck, options.faults), random)
  return kinds.map((kind) => ({ ...fault(kind, random), restMs: random.between(50, options.restMs) }))
}

type Unrested = Fault extends infer Each ? (Each extends Fault ? Omit<Each, 'restMs'> : never) : never

const fault = (kind: FaultKind, random: Random): Unrested => MAKERS[kind](random)

const MAKERS: Record<FaultKind, (random: Random) => Unrested> = {
  kill: (random) => ({
    is: 'kill',
    node: random.pick(SIDES),
    at: random.chance(AT_A_MOMENT) ? random.pick(MOMENTS) : null,
  }),
  pause: (random) => ({ is: 'pause', node: random.pick(SIDES), ms: BEYOND_A_LEASE_MS + random.between(0, 2_000) }),
  stop: (random) => ({ is: 'stop', node: random.pick(SIDES) }),
  crash: () => ({ is: 'crash' }),
  wire: (random) => ({
    is: 'wire',
    wire: random.pick(WIRES),
    trouble: random.pick(TROUBLES),
    ms: random.between(500, 15_000),
  }),
  'slow disk': (random) => ({ is: 'slow disk', ms: random.between(3_000, 10_000) }),
  'full disk': (random) => ({ is: 'full disk', ms: random.between(5_000, 15_000) }),
  'failing disk': (random) => ({ is: 'failing disk', ms: random.between(1_000, 8_000) }),
}

function countOf(deck: Deck): number {
  return Object.values(deck).reduce((sum, some) => sum + some, 0)
}

/** So many cards, each kind by its share; what is left over goes to the kinds whose share was cut most. */
function dealt(deck: Deck, faults: number): FaultKind[] {
  const all = countOf(deck)
  const shares = Object.entries(deck).map(([kind, some]) => ({ kind: kind as FaultKind, share: (some * faults) / all }))
  const cards = shares.flatMap(({ kind, share }) => Array.from({ length: Math.floor(share) }, () => kind))
  const cut = shares.toSorted((a, b) => (b.share % 1) - (a.share % 1)).map(({ kind }) => kind)
  return [...cards, ...cut.slice(0, faults - cards.length)]
}

function shuffled<T>(cards: readonly T[], random: Random): T[] {
  const mixed = [...cards]
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random.between(0, last)
    ;[mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!]
  }
  return mixed
}

export function wordsOf(fault: Fault): string {
  switch (fault.is) {
    case 'kill':
      return fault.at ? `kill ${fault.node} when ${fault.at}` : `kill ${fault.node}`
    case 'pause':
      return `pause ${fault.node} for ${seconds(fault.ms)}`
    case 'stop':
      return `stop ${fault.node} in order`
    case 'crash':
      return 'PostgreSQL stops at once'
    case 'wire':
      return `${fault.trouble} ${fault.wire} for ${seconds(fault.ms)}`
    case 'slow disk':
      return `fsync is slow for ${seconds(fault.ms)}`
    case 'full disk':
      return `the disk is full for ${seconds(fault.ms)}`
    case 'failing disk':
      return `fsync fails for ${seconds(fault.ms)}`
  }
}

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`
