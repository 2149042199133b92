import { expect, test } from 'vitest'
import { rangeOf, serving } from './serving.ts'

test.for([
  ['image/png', 'image/png'],
  ['image/gif', 'image/gif'],
  ['audio/ogg', 'audio/ogg'],
  ['video/mp4', 'video/mp4'],
])('%s plays in place', ([type, shown]) => {
  const { inline, headers } = serving({ type: type as string, name: 'a.b' })
  expect(inline).toBe(true)
  expect(headers['content-type']).toBe(shown)
  expect(headers['content-disposition']).toMatch(/^inline;/)
})

test.for([
  ['application/pdf', 'application/pdf'],
  ['text/html', 'text/plain; charset=utf-8'],
  ['image/svg+xml', 'application/octet-stream'],
  ['application/xml', 'application/octet-stream'],
  ['image/tiff', 'application/octet-stream'],
  ['image/avif', 'application/octet-stream'],
  ['application/javascript', 'application/octet-stream'],
  ['application/x-msdownload', 'application/octet-stream'],
  ['text/csv', 'text/csv'],
  ['video/vnd.avi', 'video/vnd.avi'],
  ['image/png\r\nx: y', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('%s is handed over as a file', ([type, shown]) => {
  const { inline, headers } = serving({ type: type as string, name: 'a.b' })
  expect(inline).toBe(false)
  expect(headers['content-type']).toBe(shown)
  expect(headers['content-disposition']).toMatch(/^attachment;/)
})

test('everything is sandboxed and never sniffed, in place or not', () => {
  for (const type of ['image/png', 'text/html', 'video/mp4', 'application/pdf']) {
    const { headers } = serving({ type, name: 'x' })
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toContain('sandbox')
  }
})

test('who asks for a download gets a file, a picture too', () => {
  expect(serving({ type: 'image/png', name: 'a.png', download: true }).headers['content-disposition']).toBe(
    'attachment; filename="a.png"',
  )
})

test('names go into the header in both spellings and cannot leave it', () => {
  const header = (name: string) => serving({ type: 'x/y', name }).headers['content-disposition']
  expect(header('Счёт "1".pdf')).toBe(
    `attachment; filename="____ _1_.pdf"; filename*=UTF-8''%D0%A1%D1%87%D1%91%D1%82%20%221%22.pdf`,
  )
  expect(header("it's (1)*.pdf")).toBe(`attachment; filename="it's (1)*.pdf"`)
  expect(header('a\r\nb')).not.toMatch(/[\r\n]/)
})

test('ranges are read as RFC 9110 says', () => {
  expect(rangeOf(undefined, 100)).toBeNull()
  expect(rangeOf('bytes=0-9', 100)).toEqual({ start: 0, end: 10 })
  expect(rangeOf('bytes=90-', 100)).toEqual({ start: 90, end: 100 })
  expect(rangeOf('bytes=-10', 100)).toEqual({ start: 90, end: 100 })
  expect(rangeOf('bytes=-1000', 100)).toEqual({ start: 0, end: 100 })
  expect(rangeOf('bytes=50-1000', 100)).toEqual({ start: 50, end: 100 })
  for (const never of ['bytes=100-', 'bytes=9-2', 'bytes=-0']) expect(rangeOf(never, 100)).toBe('unsatisfiable')
  for (const ignored of ['bytes=', 'bytes=-', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=a-b', `bytes=${'9'.repeat(40)}-`])
    expect(rangeOf(ignored, 100)).toBeNull()
})
