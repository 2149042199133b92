import { stripVTControlCharacters } from 'node:util'
import { coloured, type Language } from '../terminal.ts'
import { worst, type Finding } from './finding.ts'
import { TITLES, WORDS } from './words.ts'

const MARKS = { good: ['green', '✓'], note: ['yellow', '·'], bad: ['red', '✗'] } as const

const VERDICTS: Record<Finding['level'], Record<Language, string>> = {
  good: { en: 'All is well.', ru: 'Всё в порядке.' },
  note: { en: 'All is well; the dots are for you to know.', ru: 'Всё в порядке; точки — к сведению.' },
  bad: { en: 'Look at what is marked ✗.', ru: 'Посмотрите на отмеченное ✗.' },
}

/** One line each, aligned, and a verdict. */
export function show(findings: readonly Finding[], language: Language): string {
  const titles = findings.map(({ about }) => TITLES[about][language])
  const width = Math.max(...titles.map((title) => title.length))
  const lines = findings.map((finding, n) => {
    const [colour, mark] = MARKS[finding.level]
    const words = sentenceOf(finding, language)
    return `${coloured(colour, mark)} ${coloured('bold', titles[n]!.padEnd(width))}  ${finding.level === 'bad' ? coloured(colour, words) : words}`
  })
  const verdict = worst(findings)
  return [...lines, '', coloured(MARKS[verdict][0], VERDICTS[verdict][language])].join('\n')
}

/** Values come from networks and names people chose: no control character reaches the terminal. */
export function sentenceOf({ about, code, values = {} }: Finding, language: Language): string {
  const words = WORDS[`${about}.${code}`]?.[language] ?? code
  return words.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    stripVTControlCharacters(String(values[name] ?? '')).replaceAll(/\p{Cc}/gu, ' '),
  )
}
