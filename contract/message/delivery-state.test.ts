import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeliveryState, stateAfter } from './delivery-state.ts'

const RANK = { queued: 0, sending: 1, sent: 2, delivered: 3, read: 4 }
const good = fc.constantFrom('sent' as const, 'delivered' as const, 'read' as const)

test('delivered, then a late sent, then read, then delivered: it stays read', () => {
  expect((['delivered', 'sent', 'read', 'delivered'] as const).reduce<DeliveryState>(stateAfter, 'sent')).toBe('read')
})

test('in whatever order good reports come, the highest stands at the end and it never goes down', () => {
  fc.assert(
    fc.property(fc.array(good, { minLength: 1 }), (told) => {
      let now: DeliveryState = 'sent'
      for (const each of told) {
        const next = stateAfter(now, each)
        expect(RANK[next as keyof typeof RANK]).toBeGreaterThanOrEqual(RANK[now as keyof typeof RANK])
        now = next
      }
      expect(RANK[now as keyof typeof RANK]).toBe(Math.max(2, ...told.map((each) => RANK[each])))
    }),
  )
})

test('a failure beats sent, and loses to delivered and read in either order', () => {
  expect(stateAfter('sent', 'failed')).toBe('failed')
  expect(stateAfter('delivered', 'failed')).toBe('delivered')
  expect(stateAfter('failed', 'read')).toBe('read')
})

test('unconfirmed yields to any proof', () => {
  for (const told of ['sent', 'delivered', 'read', 'failed'] as const)
    expect(stateAfter('unconfirmed', told)).toBe(told)
  expect(stateAfter('sent', 'unconfirmed')).toBe('sent')
})
