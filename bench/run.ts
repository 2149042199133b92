/**
 * `npm run bench -- [1] [2] [10] [house] [--rounds 5] [--seconds 6] [--jobs 20000] [--users 32,256] [--write]`: the figures of docs/benchmarks.md. Ratios of the same round
 * and CPU per operation count; absolute numbers belong to the machine and the minute.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { BOUNDS, verdictsOf, type Bounds } from './limits.ts'
import { durableIngest } from './metrics/durable-ingest.ts'
import { durableLoop } from './metrics/durable-loop.ts'
import { house } from './metrics/house.ts'
import { lanes } from './metrics/lanes.ts'
import { originOf, writeSections, type Section } from './support/page.ts'
import type { Row, Spread } from './support/rounds.ts'
import { Void } from './support/void.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    // A million, as the figure is meant, takes ten minutes a round on two cores; CPU per job hardly depends on it.
    jobs: { type: 'string', default: '20000' },
    users: { type: 'string', default: '32,256' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const jobs = Number(values.jobs)
const say = (words: string) => console.log(words)

interface Figure extends Bounds {
  readonly title: string
  measure(): Promise<{ rows: Row[]; notes: string[] }>
}

const FIGURES: Record<string, Figure[]> = {
  1: [
    {
      title: '1. Durable ingest: signed webhooks, 256 connections, 200 only after COMMIT',
      ...BOUNDS.ingest,
      measure: () => durableIngest({ rounds, seconds, say }),
    },
  ],
  2: values.users
    .split(',')
    .map(Number)
    .map((users) => ({
      title: `2. Durable loop: webhook → stored → echo rule → sendMessage accepted, ${users} users`,
      ...BOUNDS.loop,
      measure: () => durableLoop({ rounds, seconds, users, say }),
    })),
  10: [
    {
      title: `10. Lanes: ${jobs.toLocaleString('en')} jobs over ${Math.ceil(jobs / 10).toLocaleString('en')} conversations, strict order, 5 % retries`,
      ...BOUNDS.lanes,
      measure: () => lanes({ rounds, jobs, say }),
    },
  ],
}

for (const name of positionals) {
  if (!FIGURES[name] && name !== 'house')
    throw new Error(`no figure is called ${name}: ${Object.keys(FIGURES).join(', ')} or house`)
}
const wanted = positionals.length > 0 ? positionals : [...Object.keys(FIGURES), 'house']
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
}

/** A void run is said to be one and tried once more: on a busy machine a commit may take longer than a platform waits. */
async function sectionAfterRun(figure: Figure): Promise<string> {
  const reasons: string[] = []
  for (let tries = 0; tries < 2; tries++) {
    try {
      const { rows, notes } = await figure.measure()
      return sectionOf(figure, rows, [...reasons.map((reason) => `A first run was void: ${reason}`), ...notes])
    } catch (error) {
      if (!(error instanceof Void)) throw error
      reasons.push(error.message)
      say(`  VOID: ${error.message}${tries === 0 ? '; once more' : ''}`)
    }
  }
  process.exitCode = 1
  return `## ${figure.title}\n\n**Void**, twice: ${reasons.join('; ')}. No figure.\n`
}

function sectionOf({ title, floor, goal, limits, raise }: Figure, rows: Row[], notes: string[]): string {
  const round = (value: number) => Math.round(value).toLocaleString('en')
  const lines = rows.map(
    ({ name, perSecond, cpuUs, p99Ms, ratio }) =>
      `| ${name} | ${said(perSecond, round)} | ${said(cpuUs, round)} | ${p99Ms === null ? '' : p99Ms.toFixed(1)} | ${said(ratio, (value) => value.toFixed(2))} |`,
  )
  return `## ${title}

| | a second | CPU-µs each, PostgreSQL included | p99 ms | ratio |
|---|---|---|---|---|
${lines.join('\n')}

${[...verdictsOf(floor, rows), `goal ${goal}`, ...notes, `Limited by: ${limits}`, `What would raise it: ${raise}`].map((line) => `- ${line}`).join('\n')}
`
}

function said({ min, median, max }: Spread, show: (value: number) => string): string {
  return `${show(min)} / **${show(median)}** / ${show(max)}`
}
