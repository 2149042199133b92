import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { changeMe, createToken, getMe } from '#contract/calls/members.ts'
import { call, CallFailed } from './call.ts'
import { wordsOfFailure } from './failures.ts'
import { placesIn, refusedIn } from './refused.ts'
import { speak, startWords } from './words.ts'

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en', setItem: () => {} })
  vi.stubGlobal('document', { documentElement: {} })
  await startWords()
})
afterEach(() => speak('en'))

async function failureOf(status: number, body: unknown): Promise<CallFailed> {
  vi.stubGlobal('fetch', async () => Response.json(body, { status }))
  const failed = await call(changeMe, { body: { name: 'Olga' } }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(CallFailed)
  return failed as CallFailed
}

test.each([
  ['a server that gave up at the head', 431, { error: 'Request Header Fields Too Large', statusCode: 431 }],
  ['a proxy', 502, { message: 'upstream' }],
  ['something with nothing to say', 500, null],
  ['a newer Parley', 409, { code: 'of_tomorrow', title: 'Of tomorrow', status: 409 }],
])('a failure that %s tells is said in words, in each language', async (_, status, body) => {
  const failure = await failureOf(status, body)
  expect(wordsOfFailure(failure).title).toBe('The answer cannot be understood')
  await speak('ru')
  expect(wordsOfFailure(failure).title).toBe('Ответ не удалось разобрать')
  expect(wordsOfFailure(failure).next).not.toMatch(/failure\.|undefined/)
})

test('what the server refused is marked at its field, in the language of the member', async () => {
  const fields = [{ path: 'body.name', reason: 'Too big: expected string to have <=120 characters' }]
  const failure = await failureOf(422, { code: 'invalid', title: '', status: 422, fields })
  expect(refusedIn(failure)).toEqual({ name: 'This is not accepted' })
  await speak('ru')
  expect(refusedIn(failure)).toEqual({ name: 'Так не подойдёт' })
  expect(placesIn(failure)).toEqual([['name', fields[0]!.reason]])
  expect(refusedIn(null)).toEqual({})
})

test('what a database that is away left undone promises nothing, and what was only asked goes on by itself', async () => {
  const away = { code: 'unavailable', title: '', status: 503 }
  const next = async (ask: () => Promise<unknown>) => {
    vi.stubGlobal('fetch', async () => Response.json(away, { status: 503 }))
    return wordsOfFailure(await ask().catch((error: unknown) => error)).next
  }
  expect(await next(() => call(getMe))).toBe('Parley goes on by itself once it is mended.')
  expect(await next(() => call(changeMe, { body: { name: 'Olga' } }))).toBe('Try again once it is mended.')
})

test('a refusal with a code of its own says at the field why', async () => {
  const fields = [{ path: 'body.email', reason: 'has an account already' }]
  const failure = await failureOf(409, { code: 'email_taken', title: '', status: 409, fields })
  expect(refusedIn(failure)).toEqual({ email: 'This e-mail has an account already' })
})

test('what was made while the connection was cut is told so, with what to do, in each language', async () => {
  const keys = new Set<unknown>()
  const answers = [
    () => Promise.reject(new TypeError('cut')),
    async () => Response.json({ code: 'busy', title: '', status: 409 }, { status: 409 }),
    async () => Response.json({ code: 'shown_once', title: '', status: 409 }, { status: 409 }),
  ]
  vi.stubGlobal('fetch', (_: string, { headers }: { headers: Record<string, string> }) => {
    keys.add(headers['idempotency-key'])
    return answers.shift()!()
  })
  const failed = await call(createToken, { body: { name: 'Program' } }).catch((error: unknown) => error)
  expect([answers.length, keys.size]).toEqual([0, 1])
  expect(wordsOfFailure(failed).next).toMatch(/Make a new one/)
  await speak('ru')
  expect(wordsOfFailure(failed).next).toMatch(/Создайте заново/)
})
