import { expect, test } from 'vitest'
import { connectorFolders, loadConnector } from '#connector-kit/load.ts'
import { z } from 'zod'
import { httpSettings, mayBeProxied, secret, shown } from '#connector-kit/settings.ts'
import { WANTED_AGAIN } from '#contract/calls/channels.ts'
import { Refused } from '#server/platform/problem.ts'
import { leadingNames, mayKeepSecrets } from './kept-secrets.ts'

const label = { en: 'x', ru: 'x' }
const schemaOf = (settings: z.ZodType) => z.toJSONSchema(settings, { io: 'input' }) as object

const ofServer = schemaOf(
  z.strictObject({
    password: secret(z.string(), { label }),
    note: shown(z.string().optional(), { label }),
    mail: shown(z.strictObject({ host: z.string(), port: z.int() }), { label }),
    ...mayBeProxied,
  }),
)
const stored = {
  password: 'p',
  note: 'old',
  mail: { host: 'mail.example', port: 993 },
  proxy: 'http://proxy.example:1',
}
const { password: _, proxy: __, ...open } = stored

const wantedAgain = (given: Record<string, unknown>): string[] => {
  try {
    mayKeepSecrets(ofServer, stored, given, { password: 'p', proxy: stored.proxy, ...given })
    return []
  } catch (error) {
    const { fields } = (error as Refused).more
    expect(fields!.every(({ reason }) => reason === WANTED_AGAIN)).toBe(true)
    return fields!.map(({ path }) => path)
  }
}

test('secrets stay while the place stays', () => {
  expect(wantedAgain(open)).toEqual([])
  expect(wantedAgain({ ...open, note: 'new' })).toEqual([])
})

test.each([
  ['another host', { mail: { host: 'evil.example', port: 993 } }],
  ['another port', { mail: { host: 'mail.example', port: 25 } }],
  ['another proxy', { proxy: 'http://evil.example:1' }],
])('%s: the password is wanted again, and then it passes', (_name, change) => {
  expect(wantedAgain({ ...open, ...change })).toEqual(['settings.password'])
  expect(wantedAgain({ ...open, ...change, password: 'p' })).toEqual([])
})

test('a place taken away is another place too', () => {
  const http = schemaOf(httpSettings({ token: secret(z.string(), { label }) }))
  const was = { token: 't', apiUrl: 'https://own.example' }
  expect(() => mayKeepSecrets(http, was, {}, { token: 't' })).toThrow(Refused)
  expect(() => mayKeepSecrets(http, was, { apiUrl: was.apiUrl }, was)).not.toThrow()
})

test.each([
  ['a url', z.url()],
  ['a pattern of urls', z.string().regex(/^wss?:\/\/\S+$/)],
  ['a hostname', z.hostname()],
  ['a list of urls', z.array(z.url())],
  ['a host in an optional group', z.strictObject({ host: z.string() }).optional()],
])('%s leads somewhere, whatever it is called', (_name, field) => {
  expect(leadingNames(schemaOf(z.strictObject({ it: field, token: z.string() })))).toEqual(['it'])
})

test('every place of every connector is known as one', async () => {
  const root = new URL('../../connectors/', import.meta.url)
  const known: Record<string, string[]> = {}
  for (const folder of await connectorFolders(root))
    known[folder] = leadingNames(schemaOf((await loadConnector(root, folder)).settings))
  expect(known).toMatchObject({
    'email-imap': ['imap', 'smtp', 'proxy'],
    telegram: ['apiUrl', 'proxy'],
    webchat: [],
  })
})
