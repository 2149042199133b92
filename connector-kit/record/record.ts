/**
 * Records real traffic of a connector as goldens.
 *
 * sign in with real settings → hear what people write, send what is asked for → scrub → append to testdata/
 */
import { readFile, writeFile } from 'node:fs/promises'
import { plain } from '#contract/message/content.ts'
import type { Connector, Incoming, Json, OpDo } from '../connector.ts'
import { readGoldens } from '../conformance/read-goldens.ts'
import { signIn, type Hooks, type Way } from '../conformance/signed-in.ts'
import { casesOf, type Cases } from './cases-of.ts'
import { scrubbing } from './scrubbing.ts'
import { taping, type Taped } from './taping.ts'

export interface Recording {
  connector: Connector
  /** The folder, ending in `/`: its `account.json` says what real settings become. */
  testdata: URL
  settings: Json
  way: Way
  /** Where the platform can reach this machine, for webhooks. */
  hooks?: Hooks
  /** What to do there: a line of words goes to the chat heard last; a line of JSON is an op, its chat by default the same. */
  lines: AsyncIterable<string>
  /** The end of the recording. */
  signal: AbortSignal
  say(words: string): void
}

export async function record(recording: Recording): Promise<Cases> {
  const { connector, testdata, settings, way, lines, signal, say } = recording
  const { account } = readGoldens(testdata)
  const tape: Taped[] = []
  const taped = taping(connector, way === 'webhook' ? 'requests' : 'events', (each) => void tape.push(each))
  const us = await signIn(taped, { settings }, way, recording.hooks)
  say(`signed in as ${us.me.name}; write to it, and type what it shall say`)
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
  const acting = (async () => {
    for await (const line of lines) {
      if (signal.aborted) return
      const op = opOf(line, lastChat(us.heard))
      if (!op) say('nobody has written yet: there is no chat to write to')
      else
        await us.send(op).then(
          ({ ids }) => say(`sent ${ids.join(', ')}`),
          (error: unknown) => say(`not sent: ${error instanceof Error ? error.message : String(error)}`),
        )
    }
  })()
  await Promise.race([ended, acting.then(() => ended)])
  await us.close()

  const scrubber = scrubbing(connector.settings.parse(settings), us.me, account)
  for (const incoming of us.heard) scrubber.learn(incoming)
  const cases = await casesOf(connector, account, tape, scrubber)
  await append(new URL('incoming.json', testdata), cases.incoming)
  await append(new URL('outgoing.json', testdata), cases.outgoing)
  return cases
}

function opOf(line: string, chat: string | undefined): (OpDo & { chat?: string }) | undefined {
  if (line.startsWith('{')) return { ...(chat === undefined ? {} : { chat }), ...(JSON.parse(line) as OpDo) }
  return chat === undefined ? undefined : { do: 'message', chat, content: plain(line) }
}

const lastChat = (heard: readonly Incoming[]): string | undefined =>
  heard.findLast((incoming) => incoming.is === 'message')?.ref.chat

async function append(file: URL, cases: Json[]): Promise<void> {
  if (cases.length === 0) return
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Json[],
    () => [],
  )
  await writeFile(file, `${JSON.stringify([...before, ...cases], null, 2)}\n`)
}
