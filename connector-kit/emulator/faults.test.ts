import { expect, test } from 'vitest'
import { noFaults } from './faults.ts'

test('a fault is met as often as it was asked for, by those whom it concerns', () => {
  const faults = noFaults()
  faults.add({ is: 'slow', seconds: 3 }, 2)
  expect(faults.take('cut', 'html')).toBeUndefined()
  expect([faults.take('cut', 'slow'), faults.take('slow'), faults.take('slow')]).toEqual([
    { is: 'slow', seconds: 3 },
    { is: 'slow', seconds: 3 },
    undefined,
  ])
})

test('what was met is known, and what nobody met is not', () => {
  const faults = noFaults()
  faults.add({ is: 'silent' }, Number.POSITIVE_INFINITY)
  faults.add({ is: 'gone' })
  faults.take('silent')
  faults.calm()
  expect([faults.isOn('silent'), [...faults.met]]).toEqual([false, ['silent']])
})

test('one that the network cannot have is refused with its reason', () => {
  const faults = noFaults({ gone: 'accounts are never deleted there' })
  expect(() => faults.add({ is: 'gone' })).toThrow('accounts are never deleted there')
})
