import { expect, test } from 'vitest'
import { trueHost } from './true-host.ts'

test('honest links need no word beside them', () => {
  for (const [url, words] of [
    ['https://shop.example/a?b=c', 'https://shop.example/a?b=c'],
    ['https://shop.example/', 'shop.example'],
    ['https://www.shop.example/', 'Shop.example/sale'],
    ['https://xn--e1afmkfd.xn--p1ai/', 'пример.рф'],
    ['https://xn--bcher-kva.de/', 'https://bücher.de'],
    ['https://shop.example/', 'our new catalogue'],
    ['https://shop.example/', 'the end. Then'],
    ['mailto:a@shop.example', 'a@shop.example'],
  ] as const)
    expect([words, trueHost(url, words)]).toEqual([words, null])
})

test('words that name another place are told from where the link leads', () => {
  for (const [url, words] of [
    ['https://evil.example/', 'https://bank.example/login'],
    ['https://evil.example/', 'bank.example'],
    ['https://bank.example.evil.example/', 'https://bank.example'],
    ['http://evil.example:8080/bank.example', ' www.bank.example '],
  ] as const)
    expect([words, trueHost(url, words)]).toEqual([words, new URL(url).hostname])
})

test('letters that only look like a known name are shown as machines write them', () => {
  expect(trueHost('https://аррӏе.com/', 'https://аррӏе.com/')).toBe('xn--80ak6aa92e.com')
  expect(trueHost('https://pаypal.example/', 'pаypal.example')).toMatch(/^xn--/)
})
