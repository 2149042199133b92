/** A channel that a member paused and lets go on works again, although its line stayed open all the while. */
import { afterAll, expect, test } from 'vitest'
import startTelegram from '#connectors/telegram/emulator.ts'
import { createChannel, getChannel, pauseChannel, resumeChannel } from '#contract/calls/channels.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })

test('a polled channel is ready again after a pause', async () => {
  const { id } = await parley.owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Shop', settings: telegram.settings as Record<string, unknown> },
  })
  const given = { params: { id } }
  const state = async () => (await parley.owner.call(getChannel, given)).state
  await until(async () => (await state()) === 'ready')
  await parley.owner.call(pauseChannel, { ...given })
  expect(await state()).toBe('paused')
  await parley.owner.call(resumeChannel, { ...given })
  await until(async () => (await state()) === 'ready')
})
