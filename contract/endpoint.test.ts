import { expect, test } from 'vitest'
import { z } from 'zod'
import * as channels from './calls/channels.ts'
import * as contacts from './calls/contacts.ts'
import * as conversations from './calls/conversations.ts'
import * as files from './calls/files.ts'
import * as members from './calls/members.ts'
import * as search from './calls/search.ts'
import type { Endpoint } from './endpoint.ts'

const calls = [channels, contacts, conversations, files, members, search]
  .flatMap((each) => Object.values(each) as unknown[])
  .filter((each): each is Endpoint => typeof each === 'object' && each !== null && 'method' in each && 'path' in each)

/** As what is shown this once is called. */
const SHOWN = ['token', 'secret', 'code', 'url', 'recoveryCodes']

test('a POST whose answer holds a secret is declared so', () => {
  const answersWith = ({ result }: Endpoint) =>
    Object.keys((z.toJSONSchema(result, { io: 'output', unrepresentable: 'any' }).properties ?? {}) as object)
  const posts = calls.filter(({ method, may }) => method === 'POST' && may !== 'public')
  const telling = posts.filter((call) => answersWith(call).some((name) => SHOWN.includes(name)))
  expect(posts.length).toBeGreaterThan(20)
  expect(telling.map(({ path }) => path).toSorted()).toEqual(
    calls
      .filter(({ secret }) => secret)
      .map(({ path }) => path)
      .toSorted(),
  )
  expect(telling).toHaveLength(5)
})
