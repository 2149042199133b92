import { expect, test } from 'vitest'
import { coloursOf } from './colours.ts'

test('words can be read on the site’s colour, and in it', () => {
  expect(coloursOf('#2563eb').on).toBe('#ffffff')
  expect(coloursOf('#facc15').on).toBe('#101418')
  // A colour that can be read already is left as it is.
  expect(coloursOf('#1e3a8a').onLight).toBe('rgb(30 58 138)')
  expect(coloursOf('#facc15').onLight).not.toBe('rgb(250 204 21)')
  expect(coloursOf('#000000').onDark).not.toBe('rgb(0 0 0)')
})
