/**
 * Ways to spoil what was well-formed: JSON by its structure, anything by its bytes.
 *
 * What is nearly right goes furthest: a real update with one value replaced reaches the reader of that value, random bytes reach nobody.
 */
import { rubbish, type Random } from './chance.ts'

type Node = Record<string, unknown>

/** One to three values of it replaced, then written down. */
export function damagedJson(value: unknown, random: Random): Buffer {
  const copy: unknown = structuredClone(value)
  const raws: string[] = []
  for (let times = random.between(1, 3); times > 0; times--) {
    const places = placesIn(copy)
    if (places.length === 0) break
    const [holder, key] = random.pick(places)
    const damage = random.weighted({ odd: 50, raw: 20, gone: 12, other: 10, key: 8 })
    if (damage === 'gone') delete holder[key]
    else if (damage === 'odd') holder[key] = random.pick(ODD_VALUES)(random)
    else if (damage === 'raw') holder[key] = `@raw${raws.push(random.pick(RAW_VALUES)(random)) - 1}@`
    else if (damage === 'other') {
      const [from, name] = random.pick(places)
      // A copy: a value put into itself would be no tree any more.
      holder[key] = structuredClone(from[name])
    } else if (!Array.isArray(holder)) rename(holder, key, random.pick(ODD_KEYS))
  }
  const text = JSON.stringify(copy) ?? 'null'
  return Buffer.from(text.replaceAll(/"@raw(\d+)@"/g, (_, index: string) => raws[Number(index)]!))
}

/** An assignment to `__proto__` would be none. */
function rename(holder: Node, from: string, to: string): void {
  Object.defineProperty(holder, to, { value: holder[from], enumerable: true, writable: true, configurable: true })
}

function placesIn(root: unknown): [Node, string][] {
  const places: [Node, string][] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, child] of Object.entries(node)) {
      places.push([node as Node, key])
      walk(child)
    }
  }
  walk(root)
  return places
}

const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\uFEFF',
  '\u202Egnp.exe',
  '\u2028\u2029',
  '\u{1F468}\u200D\u{1F469}'.repeat(50),
  'a' + '\u0301'.repeat(2_000),
  '<script>alert(1)</script>',
  "'; drop table message; --",
  '../../../../etc/passwd',
  '%s%n%x',
  '{{7*7}}${7*7}',
  '\u001B[2J',
  'javascript:alert(1)',
  'http://169.254.169.254/',
]

const ODD_VALUES: readonly ((random: Random) => unknown)[] = [
  () => null,
  (random) => random.chance(0.5),
  (random) => random.pick([0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, 5e-324]),
  (random) => random.pick(TEXTS),
  (random) => random.pick(TEXTS),
  (random) => random.pick(['x', 'я', '\u{1F600}', '\\', '"', '\n']).repeat(random.between(100, 20_000)),
  () => [],
  () => ({}),
  (random) => Array.from({ length: random.between(1, 500) }, (_, n) => n),
  (random) => Array.from({ length: random.between(1, 50) }, () => ({ type: 'bold', offset: random.between(-5, 9e9) })),
]

/** What `JSON.stringify` would not write. */
const RAW_VALUES: readonly ((random: Random) => string)[] = [
  () => '1e999',
  () => '-0',
  () => '007',
  () => 'NaN',
  () => '99999999999999999999999999999999999',
  () => '"\\ud800"',
  () => '"\\udc00\\ud800 x"',
  () => '"\\u0000"',
  () => '{"a":1,"a":2,"id":3,"id":"4"}',
  () => '{"__proto__":{"polluted":true}}',
  () => '{"constructor":{"prototype":{"polluted":true}},"toString":1,"valueOf":null,"hasOwnProperty":7}',
  (random) => '['.repeat(random.between(1, 60)) + ']'.repeat(random.between(1, 60)),
  (random) => nested(random.between(10, 40)),
  (random) => `[${'{"a":'.repeat(random.pick([10, 5_000]))}`,
  (random) => `{${Array.from({ length: random.pick([50, 12_000]) }, (_, n) => `"k${n}":${n}`).join()}}`,
  () => "'single'",
  () => '/* words */ 1',
]

const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`

const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', '', '\0', 'then', 'length', 'a'.repeat(5_000)]

/** One to three wounds anywhere. */
export function damagedBytes(bytes: Uint8Array, random: Random): Buffer {
  let damaged: Buffer = Buffer.from(bytes)
  for (let times = random.between(1, 3); times > 0; times--) damaged = random.pick(WOUNDS)(damaged, random)
  return damaged
}

const put = (into: Buffer, at: number, what: Uint8Array | string): Buffer =>
  Buffer.concat([into.subarray(0, at), typeof what === 'string' ? Buffer.from(what) : what, into.subarray(at)])

const INSERTED: readonly Uint8Array[] = [
  Uint8Array.of(0),
  Uint8Array.of(0xff),
  Uint8Array.of(0xc0, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
  Uint8Array.of(0xe2, 0x82),
  Uint8Array.of(0xef, 0xbb, 0xbf),
  ...['"', '\\', '{', '}', '[', ',', ':', '\r\n', '\n\n', '\\u', '<!--', ')', '('].map((text) => Buffer.from(text)),
]

const WOUNDS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  // cut short
  (bytes, random) => bytes.subarray(0, random.between(0, bytes.length)),
  // without its beginning
  (bytes, random) => bytes.subarray(random.between(0, bytes.length)),
  // a piece is missing
  (bytes, random) => {
    const from = random.between(0, bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.between(1, 40))])
  },
  // a piece stands twice, elsewhere
  (bytes, random) => {
    const from = random.between(0, bytes.length)
    return put(bytes, random.between(0, bytes.length), bytes.subarray(from, from + random.between(1, 200)))
  },
  // a piece is repeated over and over
  (bytes, random) => {
    const from = random.between(0, bytes.length)
    const piece = bytes.subarray(from, from + random.between(1, 30))
    return put(bytes, from, Buffer.concat(Array.from({ length: random.between(2, 300) }, () => piece)))
  },
  // bits flip
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    for (let times = random.between(1, 8); times > 0 && copy.length > 0; times--) {
      const at = random.between(0, copy.length - 1)
      copy[at] = copy[at]! ^ (1 << random.between(0, 7))
    }
    return copy
  },
  (bytes, random) => put(bytes, random.between(0, bytes.length), random.pick(INSERTED)),
  (bytes, random) => put(bytes, 0, random.pick(INSERTED)),
  (bytes, random) => put(bytes, random.between(0, bytes.length), rubbish(random, random.between(1, 60))),
]
