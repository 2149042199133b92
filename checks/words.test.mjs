/**
 * The window's words are complete: each key of a folder's `words.en.ts` stands in `words.ru.ts` and the other way round, each is used,
 * each that the code asks for is there, and values name the same fields. Keys made at run time (`t(`state.${state}`)`) use all below
 * their beginning.
 */
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const web = fileURLToPath(new URL('../web/', import.meta.url))
const FORMS = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'] }
const FORM = /_(zero|one|two|few|many|other)$/

const flat = (tree, prefix = '') =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  )

/** What is wrong with one folder's words, as sentences. */
export function faultsBetween(folder, en, ru) {
  const both = { en: new Map(flat(en)), ru: new Map(flat(ru)) }
  const faults = []
  const keys = { en: new Set(), ru: new Set() }
  for (const [language, words] of Object.entries(both)) {
    for (const [key, text] of words) {
      if (text.trim() === '') faults.push(`${folder}: ${key} is empty in ${language}`)
      keys[language].add(key.replace(FORM, ''))
      if (!FORM.test(key)) continue
      for (const form of FORMS[language])
        if (!words.has(key.replace(FORM, `_${form}`)))
          faults.push(`${folder}: ${key} lacks the form _${form} in ${language}`)
    }
  }
  for (const key of keys.en) if (!keys.ru.has(key)) faults.push(`${folder}: ${key} is missing in ru`)
  for (const key of keys.ru) if (!keys.en.has(key)) faults.push(`${folder}: ${key} is missing in en`)
  const fields = (text) =>
    [...text.matchAll(/\{\{(\w+)\}\}/g)]
      .map(([, name]) => name)
      .toSorted((a, b) => a.localeCompare(b))
      .join()
  for (const [key, text] of both.en) {
    const other = both.ru.get(key)
    if (other !== undefined && fields(other) !== fields(text)) faults.push(`${folder}: ${key} names other values in ru`)
  }
  return { faults, keys: keys.en }
}

/** Keys a source asks for: whole ones, and beginnings of those made at run time; `folder:key`. */
export function keysIn(text) {
  // Comments show examples.
  const source = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const [, own] = /(?:useWords|wordsIn)\('([\w-]+)'\)/.exec(source) ?? []
  const wanted = { whole: new Set(), beginnings: new Set() }
  const named = (key) => (key.includes(':') ? key : `${own}:${key}`)
  for (const [, key] of source.matchAll(/\bt\(\s*'([^']+)'/g)) wanted.whole.add(named(key))
  for (const [, , yes, no] of source.matchAll(/\bt\(\s*([^'"`()]+)\?\s*'([^']+)'\s*:\s*'([^']+)'/g)) {
    wanted.whole.add(named(yes))
    wanted.whole.add(named(no))
  }
  for (const [, made] of source.matchAll(/\bt\(\s*`([^`]+)`/g)) {
    const [beginning] = made.split('${')
    if (beginning === '' || beginning.endsWith(':'))
      throw new Error(`a key must begin with words that can be searched for: ${made}`)
    wanted.beginnings.add(named(beginning))
  }
  return wanted
}

async function folders() {
  const found = []
  for await (const path of glob(`${web}**/words.en.ts`)) found.push(dirname(path))
  return found.toSorted()
}

test('every word is there in both languages, and every one is used', async () => {
  const faults = []
  const known = new Set()
  const used = { whole: new Set(), beginnings: new Set() }
  for (const path of await folders()) {
    const folder = basename(path)
    if (!existsSync(`${path}/words.ru.ts`)) {
      faults.push(`${folder}: there is no words.ru.ts`)
      continue
    }
    const [en, ru] = await Promise.all(
      ['en', 'ru'].map(async (language) => (await import(`${path}/words.${language}.ts`)).default),
    )
    const between = faultsBetween(folder, en, ru)
    faults.push(...between.faults)
    for (const key of between.keys) known.add(`${folder}:${key}`)
  }
  let read = 0
  for await (const path of glob(`${web}**/*.{ts,tsx}`)) {
    if (/words\.\w+\.ts$|\.test\./.test(path)) continue
    read++
    const { whole, beginnings } = keysIn(await readFile(path, 'utf8'))
    for (const key of whole) used.whole.add(key)
    for (const key of beginnings) used.beginnings.add(key)
  }
  for (const key of used.whole) if (!known.has(key)) faults.push(`${key} is asked for and not there`)
  for (const beginning of used.beginnings)
    if (![...known].some((key) => key.startsWith(beginning))) faults.push(`nothing begins with ${beginning}`)
  for (const key of known)
    if (!used.whole.has(key) && ![...used.beginnings].some((beginning) => key.startsWith(beginning)))
      faults.push(`${key} is not used`)

  expect(read).toBeGreaterThan(20)
  expect(known.size).toBeGreaterThan(50)
  expect(faults).toEqual([])
})

test('planted faults are found', () => {
  const { faults } = faultsBetween(
    'planted',
    { a: 'A', only: 'O', n_one: '{{count}} hen', n_other: '{{count}} hens', empty: ' ' },
    { a: 'А {{name}}', n_one: '{{count}} курица', n_few: '{{count}} курицы', n_other: '{{count}} куриц', empty: 'x' },
  )
  expect(faults).toEqual([
    'planted: empty is empty in en',
    'planted: n_one lacks the form _many in ru',
    'planted: n_few lacks the form _many in ru',
    'planted: n_other lacks the form _many in ru',
    'planted: only is missing in ru',
    'planted: a names other values in ru',
  ])
})

test('keys are found in sources', () => {
  const { whole, beginnings } = keysIn(
    "const t = useWords('pets'); t('cat'); t('app:undo'); t(`state.${s}`); t(n ? 'yes' : 'no')",
  )
  expect([...whole]).toEqual(['pets:cat', 'app:undo', 'pets:yes', 'pets:no'])
  expect([...beginnings]).toEqual(['pets:state.'])
})
