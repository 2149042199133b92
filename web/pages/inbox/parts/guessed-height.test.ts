import { expect, test } from 'vitest'
import { guessedHeight, LEAST, MOST } from './guessed-height.ts'

const WIDTH = 640
const page = (body: string) => `<!doctype html><html><head><style>p{}</style></head><body>${body}</body></html>`
const high = (body: string, width = WIDTH) => guessedHeight(page(body), width)

test('a word is as low as a frame may be, a long letter as high', () => {
  expect(high('Thank you!')).toBe(LEAST)
  expect(high('')).toBe(LEAST)
  expect(high('<p>words and words</p>'.repeat(100))).toBe(MOST)
})

test('it grows with lines, whether broken, begun or run over, and with a narrower frame', () => {
  const four = high('<div>one</div><div>two</div><div>three</div><div>four</div>')
  expect(four).toBeGreaterThan(high('<div>one</div><div>two</div>'))
  expect(high('one<br>two<br>three<br>four')).toBe(four)
  expect(high('<pre>one\ntwo\nthree\nfour</pre>')).toBeGreaterThanOrEqual(four)
  const long = 'words '.repeat(60)
  expect(high(long)).toBeGreaterThan(high('words'))
  expect(high(long, 320)).toBeGreaterThan(high(long))
})

test('a picture counts as it says, shrunk to the frame; one that is off is a mark', () => {
  expect(high('<img src="data:," height="200">')).toBeGreaterThan(200)
  expect(high('<img src="data:," width="1280" height="400">')).toBe(high('<img src="data:," height="200">'))
  expect(high('<img data-picture="https://a.example/" alt="a > b">')).toBe(LEAST)
})

test.each(['<'.repeat(300_000), '<a '.repeat(200_000), `<a x="${'y'.repeat(300_000)}`, '&'.repeat(300_000)])(
  'markup that never ends is no work',
  (body) => {
    const began = performance.now()
    expect(high(body)).toBeLessThanOrEqual(MOST)
    expect(performance.now() - began).toBeLessThan(1_000)
  },
)
