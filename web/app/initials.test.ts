import { expect, test } from 'vitest'
import { initials } from './initials.ts'

test.each([
  ['Olga Hansen', 'OH'],
  ['Olga', 'OL'],
  ['«Бистро «Луна»»', 'БЛ'],
  ['Anna Maria Petrova', 'AP'],
  ['@visitor', 'VI'],
  ["O'Neil", 'ON'],
  ['Ann 🌸', 'AN'],
  ['+49 170 12', '41'],
  ['李', '李'],
  ['🌸', '?'],
  ['', '?'],
])('%s is %s', (name, sign) => {
  expect(initials(name)).toBe(sign)
})
