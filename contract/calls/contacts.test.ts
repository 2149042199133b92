import { expect, test } from 'vitest'
import { LanguageTag } from './contacts.ts'

test('a language is told by its tag, and anything else is refused', () => {
  for (const tag of ['ru', 'EN', 'pt-BR', 'zh-Hant-TW', 'es-419', 'sl-rozaj-biske'])
    expect([tag, LanguageTag.safeParse(tag).success]).toEqual([tag, true])
  for (const none of ['', 'x', 'ру', 'en_US', 'zz-nonsense-!!', 'en-', 'Russian language', `en${'-abc'.repeat(20)}`])
    expect([none, LanguageTag.safeParse(none).success]).toEqual([none, false])
})
