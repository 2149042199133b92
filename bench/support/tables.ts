/** How a figure's findings look on the page. */
import type { Answer } from './answers.ts'
import { figure as digits, type Row, type Spread } from './rounds.ts'

/** What a figure has found: a table, whether its floor is held, and what else is to be said. */
export interface Found {
  readonly table: string
  readonly verdicts: readonly string[]
  readonly notes: readonly string[]
}

export function ratesTable(rows: readonly Row[]): string {
  const round = (value: number) => Math.round(value).toLocaleString('en')
  return table(
    ['', 'a second', 'CPU-µs each, PostgreSQL included', 'p99 ms', 'ratio'],
    rows.map(({ name, perSecond, cpuUs, p99Ms, ratio }) => [
      name,
      said(perSecond, round),
      said(cpuUs, digits),
      p99Ms === null ? '' : p99Ms.toFixed(1),
      said(ratio, (value) => value.toFixed(2)),
    ]),
  )
}

/** @param more  further columns: their heads, and the cells of each row */
export function answersTable(answers: readonly Answer[], more: Record<string, readonly string[]> = {}): string {
  return table(
    ['', 'raw SQL, p50 ms', 'Parley over HTTP, p50 ms', 'ratio', 'p99 ms', 'CPU-µs each', ...Object.keys(more)],
    answers.map(({ name, rawMs, oursMs, ratio, p99Ms, cpuUs }, index) => [
      name,
      said(rawMs, (value) => value.toFixed(2)),
      said(oursMs, (value) => value.toFixed(2)),
      said(ratio, digits),
      p99Ms.toFixed(1),
      said(cpuUs, digits),
      ...Object.values(more).map((cells) => cells[index]!),
    ]),
  )
}

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
    .replaceAll('| --- |', '|---|')
    .replaceAll(' --- |', '---|')

export const said = ({ min, median, max }: Spread, show: (value: number) => string): string =>
  `${show(min)} / **${show(median)}** / ${show(max)}`
