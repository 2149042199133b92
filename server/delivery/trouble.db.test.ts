import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { ConversationId, MessageId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { countFailures } from './trouble.ts'

const { database } = await aDatabase()

test('a failure counts where its message is shown now, not where it was written', async () => {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  const hello = (by: string) => told(channel, [said('1', 'hello', { by, content: plain(`${by}: hello`) })])
  const inside = <Row>(question: ReturnType<typeof sql<Row>>) =>
    database.inWorkspace(workspace, async (tx) => (await question.execute(tx)).rows)
  await database.inWorkspace(workspace, (tx) => recordIncoming(tx, workspace, [hello('ann'), hello('bob')]))
  const [written, shown] = await inside(
    sql<{ id: ConversationId }>`select id from conversation where workspace_id = ${workspace} order by id`,
  )
  const [message] = await inside(sql<{ id: MessageId }>`
    update message set shown_in = ${shown!.id} where workspace_id = ${workspace} and conversation_id = ${written!.id} returning id`)

  const failed = { message: message!.id, was: 'sending', state: 'failed' }
  const news = await database.inWorkspace(workspace, (tx) => countFailures(tx, workspace, [failed]))
  expect(news).toEqual([{ kind: 'conversation.changed', subject: shown!.id }])
  const counts = await inside(
    sql<{ failed: number }>`select failed from conversation where workspace_id = ${workspace} order by id`,
  )
  expect(counts.map(({ failed: count }) => count)).toEqual([0, 1])
})
