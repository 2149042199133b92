/** What proxies say of an address counts only from peers in the program's list, which is empty unless it is filled. */
import { request as http } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { listSessions } from '#contract/calls/members.ts'
import { clientOf } from '#tests/support/client.ts'
import { OWNER, wholeParley, type WholeParley } from '#tests/support/whole-parley.ts'

const trusting = await wholeParley({ env: { PARLEY_TRUSTED_PROXIES: '127.0.0.9, 127.0.1.0/24' } })
const alone = await wholeParley()

/** Signs in from this peer with these headers. @returns the address that Parley took it for */
async function addressOf(parley: WholeParley, peer: string, headers: Record<string, string>): Promise<string | null> {
  const { port } = new URL(parley.url)
  const cookie = await new Promise<string>((resolve, reject) => {
    const asked = http(
      {
        host: '127.0.0.1',
        port,
        localAddress: peer,
        method: 'POST',
        path: '/api/session',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        const given = response.headers['set-cookie']?.[0]?.split(';')[0]
        void text(response).then((body) => (given ? resolve(given) : reject(new Error(body))), reject)
      },
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(OWNER))
  })
  const { items } = await clientOf(parley.url, { cookie, origin: parley.url }).call(listSessions)
  return items.find(({ current }) => current)!.address
}

const CLAIMED = '203.0.113.7'
/** Whatever some proxy calls it. */
const OTHERS = {
  forwarded: `for=${CLAIMED}`,
  'x-real-ip': CLAIMED,
  'x-client-ip': CLAIMED,
  'true-client-ip': CLAIMED,
  'cf-connecting-ip': CLAIMED,
  'x-remote-user': OWNER.email,
}
const FORWARDED: Record<string, string>[] = [
  { 'x-forwarded-for': CLAIMED },
  { 'x-forwarded-for': `127.0.0.9, ${CLAIMED}` },
  { ...OTHERS, 'x-forwarded-for': CLAIMED, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' },
]

test('a peer outside the list is taken for itself, whatever headers it sends', async () => {
  for (const [parley, peers] of [
    [alone, ['127.0.0.1', '127.0.0.9']],
    [trusting, ['127.0.0.1', '127.0.0.8', '127.0.2.1']],
  ] as const)
    for (const peer of peers)
      for (const headers of [OTHERS, ...FORWARDED])
        expect([peer, headers, await addressOf(parley, peer, headers)]).toEqual([peer, headers, peer])
}, 120_000)

test('a listed peer is believed by the one header, and only as far as the chain is listed', async () => {
  for (const peer of ['127.0.0.9', '127.0.1.200']) {
    const taken = (headers: Record<string, string>) => addressOf(trusting, peer, headers)
    expect(await taken({})).toBe(peer)
    expect(await taken(OTHERS)).toBe(peer)
    for (const headers of FORWARDED) expect([peer, headers, await taken(headers)]).toEqual([peer, headers, CLAIMED])
    // What stands before the first stranger is what he wrote himself.
    expect(await taken({ 'x-forwarded-for': `198.51.100.1, ${CLAIMED}, 127.0.1.3` })).toBe(CLAIMED)
  }
}, 120_000)

test('what is no address is not taken for one: the proxy’s own stands there', async () => {
  for (const told of ['unknown', '_hidden', '<script>', '203.0.113.7:4711', '999.1.1.1'])
    expect([told, await addressOf(trusting, '127.0.0.9', { 'x-forwarded-for': told })]).toEqual([told, '127.0.0.9'])
}, 60_000)
