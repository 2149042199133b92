/**
 * `npm run faults -- [--seed N] [--faults K] [--smoke | --disk] [--minutes M] [--from K] [--resume FOLDER] [--keep] [--chats C] [--pause MS]
 * [--ahead N] [--rest MS]`: real processes, a real PostgreSQL, a platform that drives them and one that is spiteful, a killer, and a checker over three
 * journals. Without `--faults` it is the full run, whose numbers must reach what is wanted (wanted.ts).
 *
 * plan by the seed → PostgreSQL, two nodes, four channels → customers talk while things break → hush → everything settles → check
 * Red ends with `seed=… layer=processes step=…`, leaves its folder behind and exits with 1.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { commandLine, misused, someTime, wholeNumber } from '#tests/support/command-line.ts'
import { check, settled } from './checker.ts'
import type { Journal } from './journals.ts'
import { noneDone, wreak } from './killer.ts'
import { DISK, DISK_FAULTS, FULL, FULL_FAULTS, planOf, SMOKE, wordsOf, type Deck, type Fault } from './plan.ts'
import { begun, countOf, leftOf, undone, type Progress } from './progress.ts'
import { against, MOST_MINUTES, OF_DISK, OF_FULL, WANTED_ACKNOWLEDGED, type Wanted } from './wanted.ts'
import { openWorld, type RunningWorld } from './world.ts'

/** Of the minutes, so many are for faults, and so many until all has been said; the rest is for what comes after: the end, and the disk. */
const FAULTS_SHARE = 0.75
const TALK_SHARE = 0.87
/** Longer than a node takes to start on a crowded machine. */
const HUSH_MS = 240_000

const USAGE =
  'npm run faults -- [--seed N] [--faults K] [--smoke | --disk] [--minutes M] [--from K] [--resume FOLDER] [--keep] [--chats C] [--pause MS] [--ahead N] [--rest MS]'

const { values } = commandLine(USAGE, {
  options: {
    seed: { type: 'string', default: String(randomBytes(3).readUIntBE(0, 3)) },
    faults: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    disk: { type: 'boolean', default: false },
    minutes: { type: 'string', default: String(MOST_MINUTES) },
    from: { type: 'string', default: '1' },
    resume: { type: 'string' },
    keep: { type: 'boolean', default: false },
    chats: { type: 'string' },
    pause: { type: 'string' },
    ahead: { type: 'string' },
    rest: { type: 'string' },
  },
})

type Kind = 'full' | 'some' | 'smoke' | 'disk'

interface Setting {
  readonly deck: Deck
  /** Each account's, and how long they pause at most: many who take their time are a load, few who do not a storm. */
  readonly chats: number
  readonly pauseMs: number
  readonly wanted: readonly Wanted[]
}

const SETTINGS: Record<Kind, Setting> = {
  full: { deck: FULL, chats: 40, pauseMs: 1_000, wanted: OF_FULL },
  some: { deck: FULL, chats: 12, pauseMs: 40, wanted: [] },
  smoke: { deck: SMOKE, chats: 12, pauseMs: 40, wanted: [] },
  disk: { deck: DISK, chats: 12, pauseMs: 200, wanted: OF_DISK },
}

/** What a run that was cut short knows when it goes on. */
interface State extends Progress {
  seed: number
  faults: number
  /** The plan's index of the first fault. */
  first: number
  kind: Kind
  /** Before this process. */
  spentMs: number
}

if (values.smoke && values.disk) misused(`--smoke and --disk are two runs\n${USAGE}`)
const asWished = (name: 'chats' | 'pause' | 'ahead' | 'rest', least: number) =>
  values[name] === undefined ? undefined : wholeNumber(`--${name}`, values[name], { least })
const wished = {
  chats: asWished('chats', 1),
  pauseMs: asWished('pause', 0),
  ahead: asWished('ahead', 1) ?? 4,
  restMs: asWished('rest', 0) ?? 700,
}
const state: State = values.resume ? await keptIn(values.resume) : asked()
const folder = values.resume ?? (await mkdtemp(join(tmpdir(), 'parley-faults-')))
if (values.resume && state.kind === 'disk') misused('a run on a small disk cannot go on: its disk is gone')
const { deck, wanted, ...talk } = SETTINGS[state.kind]
const isFull = state.kind === 'full'
const mostMs = someTime('--minutes', values.minutes) * 60_000
const began = performance.now() - state.spentMs
const spentMs = () => performance.now() - began
const say = (words: string) => console.log(`${(spentMs() / 1000).toFixed(1).padStart(7)} s  ${words}`)
let isCutShort = false
let keeping = Promise.resolve()
// No more faults, and what there is is checked. Who cannot wait asks again: the nodes end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (isCutShort) process.exit(1)
    isCutShort = true
    say('cut short')
  })

const broken = await run().catch((error: unknown) => [
  error instanceof Error ? (error.stack ?? error.message) : 'unknown',
])
if (broken.length > 0) {
  for (const words of broken.slice(0, 40)) console.log(`   ✗ ${words}`)
  if (broken.length > 40) console.log(`   … and ${broken.length - 40} more`)
  console.log(`red: seed=${state.seed} layer=processes step=${state.next}  logs: ${folder}`)
  process.exitCode = 1
} else if (isCutShort) {
  // A small disk in memory is gone with its run.
  const again = state.kind === 'disk' ? '' : `; go on with: npm run faults -- --resume ${folder}`
  console.log(`nothing is broken so far, and it was cut short${again}`)
  process.exitCode = 1
} else {
  const { skipped } = state.done
  console.log(`green: seed=${state.seed} faults=${state.faults}${skipped > 0 ? `, of which ${skipped} skipped` : ''}`)
  if (!values.keep) await rm(folder, { recursive: true, force: true })
}
if (isFull && !isCutShort) {
  say('the same on a small disk')
  if (!(await isGreenOnSmallDisk())) process.exitCode = 1
}

async function keptIn(where: string): Promise<State> {
  const text = await readFile(join(where, 'run.json'), 'utf8').catch(() => misused(`there is no run in ${where}`))
  return JSON.parse(text) as State
}

function asked(): State {
  const faults = wholeNumber('--faults', values.faults ?? String(values.disk ? DISK_FAULTS : FULL_FAULTS), { least: 1 })
  const first = wholeNumber('--from', values.from, { least: 1, most: faults }) - 1
  return {
    seed: wholeNumber('--seed', values.seed),
    faults,
    first,
    kind: kindOf(values),
    next: first,
    underWay: [],
    done: noneDone(),
    spentMs: 0,
  }
}

/** A world of its own, so a process of its own. */
async function isGreenOnSmallDisk(): Promise<boolean> {
  const args = [fileURLToPath(import.meta.url), '--disk', '--seed', String(state.seed)]
  const [code] = (await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'close')) as [number | null]
  return code === 0
}

async function run(): Promise<string[]> {
  const plan = planOf({
    seed: state.seed,
    faults: state.faults,
    deck,
    restMs: wished.restMs,
  })
  const left = leftOf(state, plan.length)
  const again = state.underWay.length > 0 ? `, ${state.underWay.length} of them again` : ''
  say(`seed ${state.seed}, ${left.length} of ${plan.length} faults are to be done${again}, logs in ${folder}`)
  const world = await openWorld({ folder, seed: state.seed, smallDisk: state.kind === 'disk' })
  try {
    say('two nodes are ready, customers talk')
    await keep()
    world.platform.talk({
      chats: wished.chats ?? talk.chats,
      pauseMs: wished.pauseMs ?? talk.pauseMs,
      ahead: wished.ahead,
      nodes: world.hooks,
    })
    await delay(1_000)
    await breakThings(world, plan, left)
    if (isFull) await untilEnoughIsSaid(world)
    say('customers fall silent; what is on its way arrives')
    const hushed = await Promise.race([world.platform.hush().then(() => true), delay(HUSH_MS, false, { ref: false })])
    const still = await settled(world.ownerUrl, (waiting) => say(`     waiting: ${waiting}`))
    return [
      ...(hushed ? [] : ['messages were not acknowledged although nothing breaks any more']),
      ...(still ? [`it stands still: ${still}`] : []),
      ...(await judge(world)),
      ...Object.values(world.nodes).flatMap((node) => node.wrongs),
    ]
  } finally {
    await world.close()
  }
}

/** @param left  indexes of the plan */
async function breakThings(world: RunningWorld, plan: readonly Fault[], left: readonly number[]): Promise<void> {
  const paceMs = isFull ? (mostMs * FAULTS_SHARE) / state.faults : 0
  const faults = left.map((index) => plan[index]!)
  await wreak(world, faults, {
    done: state.done,
    mayBegin: async (at) => {
      const dueMs = left[at]! * paceMs
      while (!isCutShort && spentMs() < dueMs) await delay(Math.min(200, dueMs - spentMs()))
      return !isCutShort && spentMs() < mostMs * TALK_SHARE
    },
    told: (at, fault) => {
      const index = left[at]!
      begun(state, index)
      say(`${String(index + 1).padStart(4)}/${state.faults} ${wordsOf(fault).padEnd(44)} ${progress(world)}`)
      void keep()
    },
    undone: (at) => {
      undone(state, left[at]!)
      void keep()
    },
    skipped: (fault, words) => say(`          skipped: ${wordsOf(fault)}: ${words}`),
    well: (_, ms) =>
      say(`          ${ms === null ? 'it was not well in time' : `well again after ${Math.round(ms / 100) / 10} s`}`),
  })
}

function kindOf({ smoke, disk, faults, from }: typeof values): Kind {
  if (smoke) return 'smoke'
  if (disk) return 'disk'
  return Number(faults ?? FULL_FAULTS) >= FULL_FAULTS && from === '1' ? 'full' : 'some'
}

/** The last one wins: each is written aside and renamed. */
function keep(): Promise<void> {
  const text = JSON.stringify({ ...state, spentMs: spentMs() } satisfies State)
  keeping = keeping.then(async () => {
    await writeFile(join(folder, 'run.json.new'), text)
    await rename(join(folder, 'run.json.new'), join(folder, 'run.json'))
  })
  return keeping
}

function sum(world: RunningWorld, of: (journal: Journal) => number): number {
  return world.platform.journals.reduce((all, journal) => all + of(journal), 0)
}

function progress(world: RunningWorld): string {
  const acknowledged = sum(world, (journal) => journal.acknowledged)
  const perSecond = Math.round((acknowledged * 1_000) / spentMs())
  return `acknowledged ${acknowledged} (${perSecond}/s), received ${sum(world, (journal) => journal.received.length)}`
}

async function untilEnoughIsSaid(world: RunningWorld): Promise<void> {
  const missing = () => WANTED_ACKNOWLEDGED - sum(world, (journal) => journal.acknowledged)
  if (missing() > 0) say(`all is broken that was planned; ${missing()} messages are still to be said`)
  for (let toldAt = spentMs(); missing() > 0 && spentMs() < mostMs * TALK_SHARE && !isCutShort; await delay(250)) {
    if (spentMs() - toldAt < 30_000) continue
    toldAt = spentMs()
    say(`     ${progress(world)}`)
  }
}

async function judge(world: RunningWorld): Promise<string[]> {
  const { counts, broken } = await check(world.ownerUrl, world.platform.journals, world.channels)
  say(JSON.stringify({ ...state.done, ...counts }))
  say(`webhooks by their answer: ${JSON.stringify(Object.fromEntries(world.platform.answers))}`)
  const { lines, missed } = against(wanted, {
    done: state.done,
    acknowledged: counts.acknowledged!,
    minutes: spentMs() / 60_000,
    answers: world.platform.answers,
  })
  for (const line of lines) console.log(`   ${line}`)
  // Less was done than was planned: that was somebody's wish.
  if (isCutShort) return broken
  const planned = state.faults - state.first
  const missing = planned - countOf(state)
  return [
    ...broken,
    ...(counts.acknowledged! > 0 ? [] : ['nothing was said, so nothing is proved']),
    ...(missing > 0 ? [`${missing} of ${planned} faults were not done: the time was over`] : []),
    ...missed.map((words) => `missed: ${words}`),
  ]
}
