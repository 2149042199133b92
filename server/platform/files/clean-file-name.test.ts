import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanFileName, withExtension } from './clean-file-name.ts'

test.for([
  ['an ordinary name', 'Invoice 2024-05.pdf', 'Invoice 2024-05.pdf'],
  ['other scripts', 'Счёт за май.pdf', 'Счёт за май.pdf'],
  ['Arabic', 'فاتورة.pdf', 'فاتورة.pdf'],
  ['decomposed letters become composed', 'cafe\u0301.txt', 'café.txt'],
  ['right-to-left override', 'invoice\u202Efdp.exe', 'invoicefdp.exe'],
  ['bidi isolates', '\u2066a\u2069\u061C.txt', 'a.txt'],
  ['zero-width characters', 'a\u200B\u200C\u200D\u2060\uFEFFb.txt', 'ab.txt'],
  ['soft hyphen', 'a\u00ADb.txt', 'ab.txt'],
  ['invisible tags', 'a\u{E0061}\u{E0062}b.txt', 'ab.txt'],
  ['fillers that look like nothing', 'a\u3164\u115F.txt', 'a.txt'],
  ['control characters', 'a\u0000\u0007\u001B[31mb\u007F\u0085.txt', 'a[31mb .txt'],
  ['line breaks', 'a\r\nSet-Cookie: x.txt', 'a Set-Cookie_ x.txt'],
  ['paragraph separators', 'a\u2028b\u2029c.txt', 'a b c.txt'],
  ['exotic spaces', 'a\u00A0\u3000b.txt', 'a b.txt'],
  ['a path', '../../etc/passwd', 'passwd'],
  ['a Windows path', 'C:\\Users\\ann\\secret.doc', 'secret.doc'],
  ['a path hidden by bidi', '..\u202E/\u202Epasswd', 'passwd'],
  ['a hidden file', '.htaccess', 'htaccess'],
  ['only dots', '..', 'file'],
  ['trailing dots and spaces', 'virus.exe. . .', 'virus.exe'],
  ['a stream of Windows', 'a.txt::$DATA', 'a.txt__$DATA'],
  ['wildcards and quotes', 'a<b>"c"|d?*.txt', 'a_b__c__d__.txt'],
  ['a device', 'con.txt', '_con.txt'],
  ['a device in capitals', 'LPT1', '_LPT1'],
  ['no device', 'console.txt', 'console.txt'],
  ['lone surrogates', 'a\uD800b.txt', 'a\uFFFDb.txt'],
  ['nothing', '', 'file'],
  ['nothing visible', '\u200B\u202E', 'file'],
  ['emoji', '👍🏽 ok.png', '👍🏽 ok.png'],
])('%s', ([, given, clean]) => {
  expect(cleanFileName(given as string)).toBe(clean)
})

test('a long name is cut between characters and keeps its extension', () => {
  const clean = cleanFileName(`${'é👩‍👩‍👧‍👦ж'.repeat(100)}.docx`)
  expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(255)
  expect(Buffer.byteLength(clean)).toBeGreaterThan(220)
  expect(clean).toMatch(/\.docx$/)
  expect(clean.isWellFormed()).toBe(true)
})

test('100,000 combining marks are cut to a name', () => {
  expect(Buffer.byteLength(cleanFileName(`a${'\u0301'.repeat(100_000)}.txt`))).toBeLessThanOrEqual(255)
})

test('whatever comes, the name is clean, short, and cleaning it again changes nothing', () => {
  const nasty = fc.constantFrom('\u202E', '\u200B', '\0', '/', '\\', '.', ' ', '\uD800', 'con', '\u0301', '\u3164', ':')
  fc.assert(
    fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { maxLength: 60 }), (pieces) => {
      const clean = cleanFileName(pieces.join(''))
      expect(clean).not.toMatch(/[\p{Cc}\p{Cf}/\\<>:"|?*]/u)
      expect(clean).not.toMatch(/^[. ]|[. ]$/)
      expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(255)
      expect(clean.length).toBeGreaterThan(0)
      expect(cleanFileName(clean)).toBe(clean)
    }),
    { numRuns: 2_000 },
  )
})

test('another extension replaces the old one', () => {
  expect(withExtension('photo.avif', 'webp')).toBe('photo.webp')
  expect(withExtension('photo', 'webp')).toBe('photo.webp')
  expect(withExtension('v1.0 final', 'png')).toBe('v1.0 final.png')
})
