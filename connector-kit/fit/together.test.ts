/** A letter holds any number of parts; elsewhere each medium is a message of its own. */
import { expect, test } from 'vitest'
import type { Op } from '#connector-kit/connector.ts'
import type { Abilities, MediaAbility } from '#contract/message/abilities.ts'
import { fit } from './fit.ts'

const any: MediaAbility = { in: 'full', out: 'full', types: ['*'], bytes: 1_000_000, by: 'upload' }
const abilities: Abilities = {
  text: { max: 100_000, unit: 'utf16', marks: {} },
  media: { file: any, image: any },
  first: { who: 'anyone', by: ['email'] },
  pacing: {},
  confirms: 'id',
  sender: 'claimed',
}
const source = { file: '0190f8a0-0000-7000-8000-000000000001' } as never
const letter: Op = {
  key: 'k',
  chat: 'ann',
  do: 'message',
  content: {
    parts: [
      { kind: 'text', text: 'Two papers', entities: [] },
      { kind: 'file', source, type: 'application/pdf' },
      { kind: 'image', source, type: 'image/png' },
    ],
  },
}
const moment = { now: new Date(0), linkOf: () => '' }

test('all parts of a content stay in one message where the network sends them together', () => {
  expect(fit(letter, { ...abilities, together: true }, moment)).toEqual({ ops: [letter], applied: [] })
})

test('elsewhere each is a message of its own', () => {
  const fitted = fit(letter, abilities, moment)
  expect('ops' in fitted && fitted.ops).toHaveLength(3)
})
