import { describe, expect, test } from 'vitest'
import type { ChannelId, IdentityId } from '#contract/ids.ts'
import { chooseRoad, type RoadState } from './road.ts'

const now = new Date('2026-06-01T12:00:00Z')
const minutesAgo = (n: number) => new Date(now.getTime() - n * 60_000)

const road = (name: string, more: Partial<RoadState> = {}): RoadState => ({
  identity: `identity-${name}` as IdentityId,
  channel: `channel-${name}` as ChannelId,
  channelState: 'ready',
  reach: 'ok',
  lastInAt: minutesAgo(60),
  windowUntil: null,
  hasWindow: false,
  mayBegin: false,
  official: true,
  ...more,
})

describe('the road of a message', () => {
  test('goes where the contact wrote last', () => {
    const { road: chosen, why } = chooseRoad([road('a'), road('b', { lastInAt: minutesAgo(3) })], {}, now)
    expect(chosen?.identity).toBe('identity-b')
    expect(why[0]?.code).toBe('wrote_last')
  })

  test('a reply goes where its target came from, whatever was chosen here', () => {
    const [a, b] = [road('a'), road('b', { lastInAt: minutesAgo(3) })]
    const wish = {
      replyTo: { identity: a.identity, channel: a.channel },
      chosen: { identity: b.identity, channel: b.channel },
    }
    expect(chooseRoad([a, b], wish, now)).toMatchObject({
      road: { identity: a.identity },
      why: [{ code: 'reply_target' }],
    })
  })

  test('a road asked for by name is taken, or nothing is', () => {
    const blocked = road('a', { reach: 'blocked' })
    expect(chooseRoad([blocked, road('b')], { via: blocked.identity }, now).road).toBeNull()
  })

  test.each([
    ['blocked', { reach: 'blocked' }],
    ['opted_out', { reach: 'opted_out' }],
    ['gone', { reach: 'gone' }],
    ['channel_banned', { channelState: 'banned' }],
    ['window_closed', { hasWindow: true, windowUntil: minutesAgo(1) }],
    ['not_allowed_yet', { lastInAt: null }],
  ] as const)('a road that is %s is not taken, and says so', (cannot, state) => {
    const choice = chooseRoad([road('a', state), road('b')], {}, now)
    expect(choice.road?.identity).toBe('identity-b')
    expect(choice.others.find((each) => each.road.identity === 'identity-a')?.cannot).toBe(cannot)
  })

  test('a channel that is merely down stays, when it is the only one', () => {
    expect(chooseRoad([road('a', { channelState: 'retrying' })], {}, now).road?.identity).toBe('identity-a')
  })

  test('the same roads in any order give the same road', () => {
    const roads = ['a', 'b', 'c'].map((name) => road(name, { lastInAt: null, mayBegin: true }))
    const chosen = chooseRoad(roads, {}, now).road
    expect(chooseRoad(roads.toReversed(), {}, now).road).toEqual(chosen)
  })
})
