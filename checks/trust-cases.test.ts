/** docs/trust-cases.md names what proves each case: the files are there, and no case was left out. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../', import.meta.url)
const TABLE = readFileSync(new URL('docs/trust-cases.md', ROOT), 'utf8')

interface Case {
  number: number
  proof: string
}

const casesOf = (table: string): Case[] =>
  [...table.matchAll(/^\| (\d+) \| .+ \| (.+) \|$/gm)].map(([, number, proof]) => ({
    number: Number(number),
    proof: proof!,
  }))

const filesOf = ({ proof }: Case): string[] => [...proof.matchAll(/`([^`]+)`/g)].map(([, file]) => file!)

/** Named files that are not there, and cases that name neither a file nor what is missing. */
const faultsIn = (cases: Case[]): string[] =>
  cases.flatMap((each) => {
    const files = filesOf(each)
    const gone = files.filter((file) => !existsSync(new URL(file, ROOT)))
    const isEmpty = files.length === 0 && !each.proof.startsWith('not yet: ')
    return [...gone.map((file) => `${each.number}: ${file}`), ...(isEmpty ? [`${each.number}: nothing`] : [])]
  })

test('every case is there once, and what proves it exists', () => {
  const cases = casesOf(TABLE)
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 48 }, (_, at) => at + 1))
  expect(cases.flatMap(filesOf).length).toBeGreaterThan(60)
  expect(faultsIn(cases)).toEqual([])
})

test('a planted fault is found', () => {
  const planted = ['| 1 | a promise | `checks/nothing.test.ts` |', '| 2 | a promise | somebody |'].join('\n')
  expect(faultsIn(casesOf(planted))).toEqual(['1: checks/nothing.test.ts', '2: nothing'])
})
