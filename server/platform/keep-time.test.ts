import { afterEach, expect, test } from 'vitest'
import { silentLog, until } from '#tests/support/parts.ts'
import { systemClock } from './clock.ts'
import { keepTime, type TimeKeeper } from './keep-time.ts'

const HOUR = 3_600_000
const keepers: TimeKeeper[] = []
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close()
})

/** A clock that is kept every 5 ms on a database whose clock the test moves. */
function keeping(uptime: () => number | null) {
  const clock = systemClock()
  const world = { ahead: 0, asked: 0 }
  const keeper = keepTime({
    now: async () => {
      world.asked++
      return new Date(Date.now() + world.ahead)
    },
    clock,
    log: silentLog,
    everyMs: 5,
    uptimeMs: async () => uptime(),
  })
  keepers.push(keeper)
  const looks = async (times: number) => {
    const before = world.asked
    await until(() => world.asked >= before + times)
  }
  const ahead = () => clock.now().getTime() - Date.now()
  return { world, keeper, looks, ahead }
}

test('a database whose clock jumps is not believed, and is again when it agrees', async () => {
  const { world, keeper, looks, ahead } = keeping(() => null)
  await looks(2)
  world.ahead = HOUR
  await until(() => keeper.differsByMs() !== 0)
  expect(Math.abs(keeper.differsByMs() - HOUR)).toBeLessThan(1_000)
  expect(Math.abs(ahead())).toBeLessThan(1_000)
  world.ahead = 0
  await until(() => keeper.differsByMs() === 0)
})

test('a small difference is followed', async () => {
  const { world, keeper, looks, ahead } = keeping(() => null)
  world.ahead = 3_000
  await looks(3)
  expect(keeper.differsByMs()).toBe(0)
  expect(ahead()).toBeGreaterThan(2_000)
})

test('a machine that slept has not jumped', async () => {
  let slept = 0
  const { world, keeper, looks, ahead } = keeping(() => performance.now() + slept)
  await looks(2)
  slept = 8 * HOUR
  world.ahead = 8 * HOUR
  await until(() => ahead() > 7 * HOUR)
  expect(keeper.differsByMs()).toBe(0)
})
