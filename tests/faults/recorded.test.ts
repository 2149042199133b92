import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endRecorded, record } from './recorded.ts'

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-recorded-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

function aProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore', detached: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('a node that sleeps when its runner is ended hard is ended by the run that goes on', async () => {
  const folder = await aFolder()
  const asleep = aProcess()
  const gone = once(asleep, 'exit')
  record(folder, asleep.pid!)
  asleep.kill('SIGSTOP')
  // The runner was ended in the middle of a line.
  await appendFile(join(folder, 'nodes.jsonl'), '{"pid":1')
  expect(await endRecorded(folder)).toBe(1)
  expect(await gone).toEqual([null, 'SIGKILL'])
  expect(await endRecorded(folder)).toBe(0)
})

test('whoever has the id of a node by now is left alone', async () => {
  const folder = await aFolder()
  const other = aProcess()
  record(folder, other.pid!)
  const file = join(folder, 'nodes.jsonl')
  const { pid, since } = JSON.parse(await readFile(file, 'utf8')) as { pid: number; since: string }
  await writeFile(file, `${JSON.stringify({ pid, since: `${since}0` })}\n`)
  expect(await endRecorded(folder)).toBe(0)
  expect([other.exitCode, other.signalCode]).toEqual([null, null])
})

test('a folder without a record has nobody to end', async () => {
  expect(await endRecorded(await aFolder())).toBe(0)
})
