import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from './journals.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a journal that is opened again knows all that it knew', () => {
  const file = join(folder, 'honest.jsonl')
  const first = openJournal('honest', file)
  first.register({ path: '/hooks/7', secret: 's' })
  first.acknowledge(first.say('ann', 1, 'ann 1', '1'))
  first.say('ann', 2, 'ann 2', '2')
  first.receive({ chat: 'ann', text: 'ann 1', id: '3', key: 'k' })
  first.fold()
  first.close()

  const again = openJournal('honest', file)
  expect(again.said.map(({ text, acknowledged }) => [text, acknowledged])).toEqual([
    ['ann 1', true],
    ['ann 2', false],
  ])
  expect(again.received).toEqual([{ chat: 'ann', text: 'ann 1', id: '3', key: 'k' }])
  expect([again.hook, again.acknowledged, again.folded]).toEqual([{ path: '/hooks/7', secret: 's' }, 1, 1])
  again.close()
})

test('a line that was torn did not happen, and what follows it is read', () => {
  const file = join(folder, 'honest.jsonl')
  const first = openJournal('honest', file)
  first.say('ann', 1, 'ann 1', '1')
  first.close()
  appendFileSync(file, '{"is":"acknowledged","ind')

  const second = openJournal('honest', file)
  expect(second.acknowledged).toBe(0)
  second.say('ann', 2, 'ann 2', '2')
  second.close()
  const third = openJournal('honest', file)
  expect(third.said.map(({ n }) => n)).toEqual([1, 2])
  third.close()
})

test('a journal that is closed hears of nothing more', () => {
  const file = join(folder, 'honest.jsonl')
  const journal = openJournal('honest', file)
  journal.close()
  journal.say('ann', 1, 'ann 1', '1')
  expect(openJournal('honest', file).said).toEqual([])
})
