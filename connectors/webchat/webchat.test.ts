/**
 * Goldens of every frame and every op. The shared promises want an emulated server that Parley calls; here Parley is the server and the
 * emulator a visitor, so they are kept with the whole program: `tests/whole/visitors.db.test.ts`, `tests/browser/widget.browser.test.ts`.
 */
import { expect, test } from 'vitest'
import { goldens } from '#connector-kit/conformance/goldens.ts'
import { neverThrows } from '#connector-kit/conformance/never-throws.ts'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import { open } from './open.ts'
import { isAllowed, isSite } from './origins.ts'
import { settings } from './settings.ts'
import connector from './webchat.ts'

const testdata = new URL('./testdata/', import.meta.url)
goldens(connector, testdata)
neverThrows(connector, testdata)

test('only listed sites may show the chat', () => {
  const sites = [
    'https://shop.example/',
    'https://*.branch.example',
    'http://127.0.0.1:4331',
    'https://магазин.example',
  ]
  const isLetIn = (origin: string | undefined) => isAllowed(origin, sites)
  expect(
    ['https://shop.example', 'https://a.branch.example', 'http://127.0.0.1:4331', 'https://xn--80aairftm.example'].map(
      isLetIn,
    ),
  ).toEqual([true, true, true, true])
  expect(
    [
      undefined,
      'null',
      'http://shop.example',
      'https://shop.example:444',
      'https://shop.example.evil.example',
      'https://evilshop.example',
      'https://branch.example',
      'https://.branch.example',
      'http://a.branch.example',
      'https://a.branch.example.evil.example',
    ].filter(isLetIn),
  ).toEqual([])
})

test('a setting is a site, and never everybody', () => {
  expect(
    ['https://shop.example', 'https://shop.example/', 'https://*.shop.example', 'http://localhost:3000'].every(isSite),
  ).toBe(true)
  expect(
    [
      '*',
      'https://*',
      'https://*.example',
      'https://a*.shop.example',
      'https://*.*.example',
      'shop.example',
      'https://shop.example/path',
      'https://u@shop.example',
      'ftp://shop.example',
      'javascript:alert(1)',
    ].filter(isSite),
  ).toEqual([])
})

test('a channel without a secret lets nobody in, and an empty or short secret of the site is none', () => {
  const { account } = readGoldens(testdata)
  const context = goldenContext({ label: 'proof' }, account, (given) => settings.parse(given))
  const hello = (secret: string) =>
    open(
      {
        method: 'SOCKET',
        path: '/socket',
        query: {},
        headers: { origin: 'https://shop.example' },
        bytes: Buffer.from('{"t":"hello"}'),
        random: 'r'.repeat(43),
      },
      { ...context, secret },
    )
  expect(hello('a secret')).toMatchObject({ answer: { status: 200 } })
  expect(hello('')).toEqual({ refuse: 401 })
  const origins = ['https://shop.example']
  for (const identitySecret of ['', ' ', 'x'.repeat(8)])
    expect([identitySecret, settings.safeParse({ origins, identitySecret }).success]).toEqual([identitySecret, false])
})
