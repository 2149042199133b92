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
  const able = abilities.choices ?? {}
  const kinds = [choices.as, 'buttons', 'keyboard', 'list'] as const
  const as = kinds.find((kind) => able[kind])
  const all = choices.rows.flat()
  const answers = all.filter((choice) => choice.does !== 'link')
  const links = all.filter((choice) => choice.does === 'link')
  if (!as) return numbers(answers, links)
  const { max, perRow, label, links: takesLinks } = able[as]!
  const shown = takesLinks ? all : answers
  if (shown.length > max) return numbers(answers, links)
  const lines = [
    ...(takesLinks ? [] : links.map(lineOf)),
    // A label that is cut stands in full in the text.
    ...shown.filter((choice) => lengthIn('codepoints', choice.label) > label).map((choice) => choice.label),
  ]
  const cut = (choice: Choice): Choice =>
    lengthIn('codepoints', choice.label) > label
      ? {
          ...choice,
          label: `${Array.from(choice.label)
            .slice(0, label - 1)
            .join('')}…`,
        }
      : choice
  const wide = choices.rows.some((row) => row.length > perRow)
  const same = as === choices.as && !wide && lines.length === 0
  if (same) return { choices, lines, applied: [] }
  const kept = choices.rows.map((row) => row.filter((choice) => shown.includes(choice))).filter((row) => row.length > 0)
  const rows = wide ? chunk(kept.flat(), perRow) : kept
  return {
    choices: rows.length > 0 ? { ...choices, as, rows: rows.map((row) => row.map(cut)) } : undefined,
    lines,
    applied: [
      {
        rule:
          as === 'list' && choices.as !== 'list'
            ? 'choices_as_list'
            : links.length > 0 && !takesLinks
              ? 'links_as_lines'
              : 'choices_reshaped',
      },
    ],
  }
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
