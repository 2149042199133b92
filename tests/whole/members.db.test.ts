/** Who works here: coming, going and coming back. */
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import {
  beginSecondFactor,
  createMember,
  listAudit,
  listMembers,
  proveSecondFactor,
  removeMember,
} from '#contract/calls/members.ts'
import { createWorkspace } from '#server/members/accounts.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley()
const { owner, stranger, test: database } = parley
const NEXT = 'another good password'
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

test('who was removed comes back by the same e-mail: the same member, with the new password and role, without the old second factor', async () => {
  const person = await parley.member('supervisor')
  const { secret } = await person.call(beginSecondFactor)
  await person.call(proveSecondFactor, { body: { secret, code: new TOTP({ secret }).generate() } })
  await owner.call(removeMember, { params: { id: person.id } })

  const email = person.email.toUpperCase()
  const back = await owner.call(createMember, { body: { name: 'Anna', email, password: NEXT, role: 'agent' } })
  expect(back).toMatchObject({ id: person.id, name: 'Anna', role: 'agent', state: 'active' })
  const old = { email: person.email, password: OWNER.password }
  expect((await stranger.ask('POST', '/api/session', { body: old })).status).toBe(401)
  const again = await parley.signIn(person.email, NEXT)
  expect((await again.call(listMembers, { query: {} })).items.filter(({ id }) => id === person.id)).toHaveLength(1)
  const [row] = (await owner.call(listAudit, { query: {} })).items.filter(({ objectId }) => objectId === person.id)
  expect(row).toMatchObject({ act: 'member.added', objectName: 'Anna', detail: { role: 'agent' } })
  // A session of the old days opens nothing.
  expect((await person.ask('GET', '/api/me')).status).toBe(401)
})

test('an e-mail that works here, or in another workspace, is taken as before', async () => {
  const present = await parley.member('agent')
  const gone = await parley.member('agent')
  await createWorkspace(database.database, 'His own', { ...OWNER, name: 'Agent', email: gone.email, language: 'en' })
  await owner.call(removeMember, { params: { id: gone.id } })
  for (const email of [present.email, gone.email]) {
    const body = { name: 'Eve', email, password: NEXT, role: 'agent' }
    const response = await owner.ask('POST', '/api/members', { body })
    expect([response.status, await codeOf(response)]).toEqual([409, 'email_taken'])
  }
  // Whose account it is still signs in with his own password.
  const his = { email: gone.email, password: OWNER.password }
  expect((await stranger.ask('POST', '/api/session', { body: his })).status).toBe(201)
})
