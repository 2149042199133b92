/**
 * `npm run bench -- [1] [2] [3] [5] [6] [7] [8] [10] [house] [--rounds 5] [--seconds 6] [--write]`: the figures of docs/benchmarks.md, of which
 * `--write` writes those that were measured anew. How large each is: `--users 32,256 --months 0` (2), `--faults 40` (3), `--push 100x500,1000x50` (6),
 * `--messages 5000000` (7, 8: filled once, kept under node_modules/.cache/bench), `--jobs 100000` (10).
 * Ratios of the same round and CPU per operation count; absolute numbers belong to the machine and the minute.
 */
import { loadavg } from 'node:os'
import { commandLine, misused, someTime, wholeNumber } from '#tests/support/command-line.ts'
import { aim, BOUNDS, isMissed, verdict, verdictsOf, type Bound, type Bounds } from './limits.ts'
import { durableIngest } from './metrics/durable-ingest.ts'
import { durableLoop } from './metrics/durable-loop.ts'
import { house } from './metrics/house.ts'
import { inbox } from './metrics/inbox.ts'
import { kill } from './metrics/kill.ts'
import { lanes } from './metrics/lanes.ts'
import { pacing } from './metrics/pacing.ts'
import { push } from './metrics/push.ts'
import { search } from './metrics/search.ts'
import { originOf, writeSections, type Section } from './support/page.ts'
import type { Row } from './support/rounds.ts'
import { ratesTable, type Found } from './support/tables.ts'
import { Void } from './support/void.ts'

const USAGE =
  'npm run bench -- [1] [2] [3] [5] [6] [7] [8] [10] [house] [--rounds N] [--seconds S] [--users 32,256] [--months N] [--faults N] [--push 100x500] [--messages N] [--jobs N] [--write]'

const { values, positionals } = commandLine(USAGE, {
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    // A million, as the figure is meant, takes ten minutes a round on two cores, and a job half as much CPU again: what is looked up no longer
    // lies in PostgreSQL's own memory.
    jobs: { type: 'string', default: '100000' },
    faults: { type: 'string', default: '40' },
    // Members × messages a second.
    push: { type: 'string', default: '100x500,1000x50' },
    // Filled once and kept; it takes some five minutes.
    messages: { type: 'string', default: '5000000' },
    users: { type: 'string', default: '32,256' },
    // How long the workspace has been there: messages lie in a partition a month.
    months: { type: 'string', default: '0' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = wholeNumber('--rounds', values.rounds, { least: 1 })
const seconds = someTime('--seconds', values.seconds)
const jobs = wholeNumber('--jobs', values.jobs, { least: 1 })
const messages = wholeNumber('--messages', values.messages, { least: 1 })
const months = wholeNumber('--months', values.months)
const faults = wholeNumber('--faults', values.faults, { least: 1 })
const say = (words: string) => console.log(words)

interface Figure extends Bounds {
  readonly title: string
  measure(): Promise<Found>
}

/** Figures whose table is of rates. */
const rated =
  (
    bounds: { floor: Bound; aim: Bound },
    measure: () => Promise<{ rows: Row[]; verdicts?: string[]; notes: string[] }>,
  ): (() => Promise<Found>) =>
  async () => {
    const { rows, verdicts = [], notes } = await measure()
    return {
      table: ratesTable(rows),
      verdicts: [...verdictsOf(verdict, bounds.floor, rows), ...verdicts, ...verdictsOf(aim, bounds.aim, rows)],
      notes,
    }
  }

const FIGURES: Record<string, Figure[]> = {
  1: [
    {
      title: '1. Durable ingest: signed webhooks, 256 connections, 200 only after COMMIT',
      ...BOUNDS.ingest,
      measure: rated(BOUNDS.ingest, () => durableIngest({ rounds, seconds, say })),
    },
  ],
  2: values.users
    .split(',')
    .map((each) => wholeNumber('--users', each, { least: 1 }))
    .map((users) => ({
      title: `2. Durable loop: webhook → stored → echo rule → sendMessage accepted, ${users} users`,
      ...BOUNDS.loop,
      measure: rated(BOUNDS.loop, () => durableLoop({ rounds, seconds, users, months, say })),
    })),
  3: [
    {
      title: '3. Kill: Parley and PostgreSQL, at full ingest and in the middle of sends',
      ...BOUNDS.kill,
      measure: () => kill({ faults, say }),
    },
  ],
  5: [
    {
      title: '5. Pacing: twenty channels at once, each by its own limits',
      ...BOUNDS.pacing,
      measure: () => pacing({ seconds, say }),
    },
  ],
  6: values.push
    .split(',')
    .map((each) => {
      const numbers = each.split('x')
      if (numbers.length !== 2)
        misused(`--push is members and messages a second, as 100x500, not ${JSON.stringify(each)}.`)
      return numbers.map((number) => wholeNumber('--push', number, { least: 1 })) as [number, number]
    })
    .map(([members, perSecond]) => ({
      title: `6. Push: webhook → stored → ${members.toLocaleString('en')} members’ sockets, ${perSecond} messages a second`,
      ...BOUNDS.push,
      measure: rated(BOUNDS.push, () => push({ rounds, seconds, members, perSecond, say })),
    })),
  7: [
    {
      title: `7. Inbox: ${messages.toLocaleString('en')} messages, over HTTP signed in`,
      ...BOUNDS.inbox,
      measure: () => inbox({ rounds, seconds, messages, say }),
    },
  ],
  8: [
    {
      title: `8. Search: ${messages.toLocaleString('en')} messages, over HTTP signed in`,
      ...BOUNDS.search,
      measure: () => search({ rounds, messages, say }),
    },
  ],
  10: [
    {
      title: `10. Lanes: ${jobs.toLocaleString('en')} jobs over ${Math.ceil(jobs / 10).toLocaleString('en')} conversations, strict order, 5 % retries`,
      ...BOUNDS.lanes,
      measure: rated(BOUNDS.lanes, () => lanes({ rounds, jobs, say })),
    },
  ],
}

for (const name of positionals) {
  if (!FIGURES[name] && name !== 'house')
    misused(`no figure is called ${name}: there are ${Object.keys(FIGURES).join(', ')} and house`)
}
const wanted = positionals.length > 0 ? positionals : [...Object.keys(FIGURES), 'house']
const missed: string[] = []
for (const name of wanted) {
  const sections: Section[] = []
  for (const figure of FIGURES[name] ?? []) {
    say(`\n${figure.title}`)
    const begun = { load: loadavg() }
    sections.push({ name, text: `${await sectionAfterRun(figure)}\n${originOf(begun)}\n` })
  }
  if (name === 'house') {
    const begun = { load: loadavg() }
    sections.push({ name, text: `${await house(say)}\n${originOf(begun)}\n` })
  }
  for (const { text } of sections) say(text)
  // After each figure: a long run that is ended keeps what it has.
  if (values.write) writeSections(sections)
  missed.push(...sections.flatMap(({ text }) => (isMissed(text) ? text.split('\n', 1) : [])))
}
for (const title of missed) say(`a floor is missed: ${title.replace('## ', '')}`)
if (missed.length > 0) process.exitCode = 1

/** A void run is said to be one and tried once more: on a busy machine a commit may take longer than a platform waits. */
async function sectionAfterRun(figure: Figure): Promise<string> {
  const reasons: string[] = []
  for (let tries = 0; tries < 2; tries++) {
    try {
      const found = await figure.measure()
      const notes = [...reasons.map((reason) => `A first run was void: ${reason}`), ...found.notes]
      return sectionOf(figure, { ...found, notes })
    } catch (error) {
      if (!(error instanceof Void)) throw error
      reasons.push(error.message)
      say(`  VOID: ${error.message}${tries === 0 ? '; once more' : ''}`)
    }
  }
  process.exitCode = 1
  return `## ${figure.title}\n\n**Void**, twice: ${reasons.join('; ')}. No figure.\n`
}

function sectionOf({ title, limits, raise }: Figure, { table, verdicts, notes }: Found): string {
  const lines = [...verdicts, ...notes, `Limited by: ${limits}`, `What would raise it: ${raise}`]
  return `## ${title}\n\n${table}\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}
