/**
 * docs/benchmarks.md: one section a figure, each with the command, commit and machine of its own run. A run writes its own sections anew and
 * leaves the others as they were.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url)

const HEAD = `# Figures

Written by \`npm run bench -- [figure …] --write\`; each section says by which command, at which commit and on which machine. A cell is
min / **median** / max of interleaved rounds. Load generator, fake platform, PostgreSQL and Parley share the machine, so ratios of the same
round and CPU per operation count. \`fsync\` is on, and so is the product’s own path: row-level security, sealed bodies, validation.
`

export interface Section {
  /** Of the figure: it orders the page. Sections of one name replace all that stood under it. */
  readonly name: string
  readonly text: string
}

/** Ends a section: where its figures come from. */
export function originOf(begun: { load: readonly number[] }): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()
  const args = process.argv.slice(2).filter((word) => word !== '--write')
  const [cpu] = cpus()
  return `Measured by \`npm run bench -- ${args.join(' ')}\` at commit ${commit}, ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}; load average ${begun.load[0]!.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after.`
}

export function writeSections(fresh: readonly Section[]): void {
  const names = new Set(fresh.map(({ name }) => name))
  const kept = sectionsOf(readFileSync(PAGE, 'utf8')).filter(({ name }) => !names.has(name))
  const all = [...kept, ...fresh].toSorted((a, b) => placeOf(a) - placeOf(b))
  writeFileSync(PAGE, [HEAD, ...all.map(({ text }) => `${text.trim()}\n`)].join('\n'))
}

/** `## 2. Durable loop …` is of figure 2; what has no number is the house. */
function sectionsOf(page: string): Section[] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map((text) => ({ name: /^## (\d+)\./.exec(text)?.[1] ?? 'house', text }))
}

const placeOf = ({ name }: Section): number => (name === 'house' ? Infinity : Number(name))
