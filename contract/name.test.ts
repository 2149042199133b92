import { expect, test } from 'vitest'
import { nameUpTo } from './name.ts'

const names = (text: string) => nameUpTo(20).safeParse(text).success

test.each(['\0', '\u0001\u007F', '\uFFFD', '\u200B\u2060', '\u202E', '\u3164', '\u2800', '\u00A0 \u2003', '\u00AD'])(
  'what cannot be seen is no name: %j',
  (text) => expect(names(text)).toBe(false),
)

test.each(['Olga', '李', 'أولغا', '👩‍👩‍👧', '?', 'a\u200Bb', '\u0000A'])('whatever shows is one: %j', (text) =>
  expect(names(text)).toBe(true),
)

test('blanks around it do not count towards its length', () => {
  expect(nameUpTo(4).parse('  Olga  ')).toBe('Olga')
  expect(nameUpTo(3).safeParse('Olga').success).toBe(false)
})
