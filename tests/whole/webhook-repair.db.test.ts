/** A platform that forgot where we are is told again, without a hand. */
import { expect, test } from 'vitest'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const {
  telegram,
  owner,
  channel: { webhookUrl },
} = await telegramShop({ checkEveryMs: 2_000 })
const people = async () => (await owner.call(listConversations, { query: {} })).items.map(({ name }) => name)
/** As anybody who has the token may, another program of the same bot. */
const asks = async (method: string) =>
  (await (await fetch(`${telegram.url}/bot${String(telegram.settings.token)}/${method}`)).json()) as {
    result: { url?: string }
  }

test('the webhook that somebody took away is back at the next check, and what was said meanwhile comes', async () => {
  await telegram.phone('Ann').say(plain('Hello'))
  await until(async () => (await people()).includes('Ann'), 20_000)
  await asks('deleteWebhook')
  expect((await asks('getWebhookInfo')).result.url).toBe('')
  await telegram.phone('Bob').say(plain('Is anybody there?'))
  await until(async () => (await asks('getWebhookInfo')).result.url === webhookUrl, 20_000)
  await until(async () => (await people()).includes('Bob'), 20_000)
}, 90_000)
