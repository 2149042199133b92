import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Content } from '#contract/message/content.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { recordIncoming } from './record.ts'

const { database, asOwner } = await aDatabase()

test('films that were stored without a look get one, and nothing else changes', async () => {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  const text = { kind: 'text', text: 'See', entities: [] }
  const film = { kind: 'video', source: { remote: 'x' }, type: 'video/mp4', bytes: 3 }
  const round = { ...film, look: 'round' }
  const contents = [{ parts: [text, film, round] }, { parts: [text] }, { parts: [round] }]
  await database.inWorkspace(workspace, (tx) =>
    recordIncoming(tx, workspace, [
      told(
        channel,
        contents.map((content, index) => said(String(index), '', { content: content as Content })),
      ),
    ]),
  )
  await asOwner(await readFile(new URL('../migrations/0011-looks-of-films.sql', import.meta.url), 'utf8'))
  const rows = await asOwner<{ content: unknown }>('select content from message order by seq')
  expect(rows.map(({ content }) => content)).toEqual([
    { parts: [text, { ...film, look: 'plain' }, round] },
    ...contents.slice(1),
  ])
  for (const { content } of rows) expect(Content.parse(content)).toEqual(content)
})
