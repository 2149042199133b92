/** Offered answers: buttons where the network has them, else its list, else numbers in the text. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Choice, Choices } from '#contract/message/content.ts'
import type { Applied } from './fit.ts'
import { lengthIn } from './text.ts'

export interface FittedChoices {
  choices: Choices | undefined
  /** Said at the end of the text. */
  lines: string[]
  applied: Applied[]
}

export function fitChoices(choices: Choices | undefined, abilities: Abilities): FittedChoices {
  if (!choices) return { choices, lines: [], applied: [] }
  const all = choices.rows.flat()
  const kinds = [...new Set([choices.as, 'buttons', 'keyboard', 'list'] as const)]
  const as = kinds.find((kind) => holds(abilities.choices?.[kind], all))
  if (!as) return numbers(all.filter(isAnswer), all.filter(isLink))
  const able = abilities.choices![as]!
  const shown = able.links ? all : all.filter(isAnswer)
  const long = shown.filter(({ label }) => lengthIn('codepoints', label) > able.label)
  const lines = [
    ...all.filter((choice) => !shown.includes(choice)).map(lineOf),
    // A label that is cut stands in full in the text.
    ...long.map(({ label }) => label),
  ]
  const wide = choices.rows.some((row) => row.length > able.perRow)
  if (as === choices.as && !wide && lines.length === 0) return { choices, lines, applied: [] }
  const kept = choices.rows.map((row) => row.filter((choice) => shown.includes(choice))).filter((row) => row.length > 0)
  const rows = wide ? chunk(kept.flat(), able.perRow) : kept
  const cut = (choice: Choice): Choice =>
    long.includes(choice) ? { ...choice, label: cutLabel(choice.label, able.label) } : choice
  const rules = [
    ...(as === 'list' && choices.as !== 'list' ? ['choices_as_list'] : []),
    ...(shown.length < all.length ? ['links_as_lines'] : []),
    ...(wide || long.length > 0 || (as !== choices.as && as !== 'list') ? ['choices_reshaped'] : []),
  ]
  return {
    choices: rows.length > 0 ? { ...choices, as, rows: rows.map((row) => row.map(cut)) } : undefined,
    lines,
    applied: rules.map((rule) => ({ rule })),
  }
}

const isLink = ({ does }: Choice): boolean => does === 'link'
const isAnswer = (choice: Choice): boolean => !isLink(choice)

type Able = NonNullable<NonNullable<Abilities['choices']>['buttons']>

/** Enough room, and each value comes back whole. A kind that shows only the links of it, or none, is no help. */
function holds(able: Able | undefined, all: readonly Choice[]): boolean {
  if (!able) return false
  const shown = able.links ? all : all.filter(isAnswer)
  return (
    shown.length > 0 &&
    shown.length <= able.max &&
    shown.every(({ does, id, value = id }) => does !== 'answer' || Buffer.byteLength(value) <= able.value)
  )
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** At most `most` characters, the last of them `…`, never inside a grapheme. */
function cutLabel(label: string, most: number): string {
  let cut = ''
  for (const { segment } of graphemes.segment(label)) {
    if (lengthIn('codepoints', cut + segment) > most - 1) break
    cut += segment
  }
  return `${cut.trimEnd()}…`
}

function numbers(answers: Choice[], links: Choice[]): FittedChoices {
  const applied: Applied[] = [
    ...(answers.length > 0 ? [{ rule: 'choices_as_numbers' }] : []),
    ...(links.length > 0 ? [{ rule: 'links_as_lines' }] : []),
  ]
  return {
    choices: undefined,
    lines: [...answers.map((choice, n) => `${n + 1}) ${choice.label}`), ...links.map(lineOf)],
    applied,
  }
}

const lineOf = (choice: Choice) => `${choice.label}: ${choice.value ?? ''}`

function chunk<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
}
