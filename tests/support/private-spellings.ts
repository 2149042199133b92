/** The many ways to write an address that nobody outside should reach: addresses × spellings, and those that stand alone. */

const PRIVATE_V4 = [
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '192.168.1.1',
  '172.16.0.1',
  '0.0.0.0',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
]

const bytesOf = (v4: string) => v4.split('.').map(Number) as [number, number, number, number]
const hex = (n: number, width: number) => n.toString(16).padStart(width, '0')
const groups = (v4: string) => {
  const [a, b, c, d] = bytesOf(v4)
  return `${hex(a * 256 + b, 4)}:${hex(c * 256 + d, 4)}`
}
const number = (v4: string) => bytesOf(v4).reduce((sum, byte) => sum * 256 + byte, 0)
const flipped = (v4: string) =>
  groups(
    bytesOf(v4)
      .map((byte) => 255 - byte)
      .join('.'),
  )

/** Each gives the host part of a URL. */
const SPELLINGS: Record<string, (v4: string) => string> = {
  dotted: (v4) => v4,
  'trailing dot': (v4) => `${v4}.`,
  decimal: (v4) => `${number(v4)}`,
  hex: (v4) => `0x${number(v4).toString(16)}`,
  octal: (v4) => `0${number(v4).toString(8)}`,
  'dotted hex': (v4) =>
    bytesOf(v4)
      .map((byte) => `0x${byte.toString(16)}`)
      .join('.'),
  'dotted octal': (v4) =>
    bytesOf(v4)
      .map((byte) => `0${byte.toString(8)}`)
      .join('.'),
  'many zeros': (v4) =>
    bytesOf(v4)
      .map((byte) => `000000${byte.toString(8)}`)
      .join('.'),
  'two parts': (v4) => `${bytesOf(v4)[0]}.${number(v4) % 2 ** 24}`,
  'three parts': (v4) => `${bytesOf(v4)[0]}.${bytesOf(v4)[1]}.${number(v4) % 2 ** 16}`,
  'mixed bases': (v4) => `0x${bytesOf(v4)[0].toString(16)}.${number(v4) % 2 ** 24}`,
  'percent-encoded': (v4) => v4.replaceAll(/./g, (char) => `%${hex(char.charCodeAt(0), 2)}`),
  'full-width digits': (v4) =>
    v4.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))).replaceAll('.', '。'),
  'circled digits': (v4) => v4.replaceAll(/[1-9]/g, (digit) => String.fromCodePoint(0x2460 + Number(digit) - 1)),
  'v4-mapped': (v4) => `[::ffff:${v4}]`,
  'v4-mapped in hex': (v4) => `[::ffff:${groups(v4)}]`,
  'v4-mapped in full': (v4) => `[0:0:0:0:0:ffff:${groups(v4)}]`,
  'v4-compatible': (v4) => `[::${v4}]`,
  SIIT: (v4) => `[::ffff:0:${v4}]`,
  NAT64: (v4) => `[64:ff9b::${v4}]`,
  'local NAT64': (v4) => `[64:ff9b:1::${v4}]`,
  '6to4': (v4) => `[2002:${groups(v4)}::1]`,
  'Teredo client': (v4) => `[2001:0:808:808:0:0:${flipped(v4)}]`,
  'Teredo server': (v4) => `[2001:0:${groups(v4)}::f7f7:f7f7]`,
  ISATAP: (v4) => `[2a00:1450:4001:800:0:5efe:${v4}]`,
  'ISATAP, universal': (v4) => `[2a00:1450:4001:800:200:5efe:${v4}]`,
}

const ALONE = [
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::]',
  '[::2]',
  '[fe80::1]',
  '[fe80::1%25eth0]',
  '[febf::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fdff::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[2001:2::1]',
  '[2001:3::1]',
  '[2001:4:112::1]',
  '[2001:10::1]',
  '[2001:20::1]',
  '[2001:30::1]',
  '[2620:4f:8000::1]',
  '[3fff::1]',
  '[4000::1]',
  '[5f00::1]',
  '[8000::1]',
  '127.1',
  '127.255.255.254',
  '0',
  '0x0',
  '10.255.255.255',
  '172.31.255.255',
  '192.168.255.255',
  '100.127.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '198.51.100.1',
  '203.0.113.1',
  '240.0.0.1',
  '255.255.255.254',
]

/** Names that a resolver answers with an address of the machine or its network. */
const NAMES: Record<string, string[]> = {
  localhost: ['127.0.0.1', '::1'],
  LOCALHOST: ['127.0.0.1'],
  'localhost.': ['127.0.0.1'],
  'localhost.localdomain': ['127.0.0.1'],
  'ip6-localhost': ['::1'],
  'db.internal': ['10.0.0.5'],
  'metadata.google.internal': ['169.254.169.254'],
  '169.254.169.254.nip.io': ['169.254.169.254'],
  '127.0.0.1.nip.io': ['127.0.0.1'],
  'any.localtest.me': ['127.0.0.1', '::1'],
  'xn--lcalhost-54a.example.com': ['127.0.0.1'],
  'first-public.example.com': ['93.184.216.34', '127.0.0.1'],
  'last-public.example.com': ['10.0.0.1', '93.184.216.34'],
  'six.example.com': ['fd00::1'],
  'mapped.example.com': ['::ffff:127.0.0.1'],
  'zone.example.com': ['fe80::1%eth0'],
  'nat64.example.com': ['64:ff9b::a9fe:a9fe'],
  'nothing.example.com': ['not an address'],
}

export interface Spelling {
  /** For the name of a test. */
  readonly label: string
  /** As it stands in a URL. */
  readonly host: string
}

export const privateSpellings: readonly Spelling[] = [
  ...PRIVATE_V4.flatMap((v4) =>
    Object.entries(SPELLINGS).map(([label, spell]) => ({ label: `${v4}, ${label}`, host: spell(v4) })),
  ),
  ...ALONE.map((host) => ({ label: host, host })),
  ...Object.keys(NAMES).map((host) => ({ label: `name ${host}`, host })),
]

/** A resolver that knows these names and no other. */
export async function resolveSpelling(host: string): Promise<readonly string[]> {
  const addresses = NAMES[host] ?? Object.entries(NAMES).find(([name]) => name.toLowerCase() === host)?.[1]
  if (!addresses) throw new Error(`ENOTFOUND ${host}`)
  return addresses
}
