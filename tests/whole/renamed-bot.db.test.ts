/** What a platform says of a channel stands in windows that are open, as soon as a check has heard it. */
import { afterAll, expect, test } from 'vitest'
import { checkChannel, createChannel } from '#contract/calls/channels.ts'
import { botApi } from '#tests/hostile/bot-api.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

let username = 'first_bot'
const platform = await botApi(({ method }) =>
  method === 'getMe' ? { ok: true, result: { id: 1, is_bot: true, first_name: 'Shop', username } } : undefined,
)
afterAll(() => platform.close())
const { owner } = await wholeParley({ reaches: [platform.url] })

test('a bot that was renamed goes by its new name in the feed, and a check that finds nothing new tells nothing', async () => {
  const settings = { token: '1:token', apiUrl: platform.url, receive: 'webhook' }
  const { id } = await owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings } })
  await platform.secret
  const feed = await owner.feed()
  await until(() => feed.cursor())
  const toldAs = (handle: string) =>
    feed.events.filter((event) => event.kind === 'channel.changed' && event.channel.me.handle === handle).length
  const checkAs = (name: string) => {
    username = name
    return owner.call(checkChannel, { params: { id } })
  }
  await checkAs('second_bot')
  await until(() => toldAs('second_bot') === 1)
  await checkAs('second_bot')
  await checkAs('third_bot')
  await until(() => toldAs('third_bot') === 1)
  expect(toldAs('second_bot')).toBe(1)
  feed.close()
})
