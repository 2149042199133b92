/**
 * 3: what SIGKILL costs, at full ingest and in the middle of sends. `npm run faults` breaks things and lays three journals side by side;
 * this is its verdict, so that there is one checker.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { aim, KILL, verdict } from '../limits.ts'
import { killBullMq } from './kill-bullmq.ts'
import { table, type Found } from '../support/tables.ts'
import { Void } from '../support/void.ts'

const FAULTS = fileURLToPath(new URL('../../tests/faults/run.ts', import.meta.url))
/** Of what the faults tell at their end. */
const COUNTS = ['kill', 'crash', 'acknowledged', 'received', 'failed', 'unconfirmed'] as const
type Counts = Record<(typeof COUNTS)[number], number>

export async function kill(options: { faults: number; say(words: string): void }): Promise<Found> {
  const seed = 1 + (Date.now() % 1_000_000)
  // Kills and crashes alone: a node that pauses loses nothing that a killed one would not.
  const args = [FAULTS, '--smoke', '--faults', String(options.faults), '--seed', String(seed), '--minutes', '8']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let counts: Counts | null = null
  const broken: string[] = []
  for await (const line of createInterface(child.stdout)) {
    options.say(`  ${line}`)
    const [found] = /\{.*"acknowledged".*\}$/.exec(line) ?? []
    if (found) counts = JSON.parse(found) as Counts
    if (line.trimStart().startsWith('✗')) broken.push(line.trim())
  }
  const status = await ended
  if (!counts) throw new Void('the faults ended before they were counted')
  const { kill: kills, crash: crashes, acknowledged, received, unconfirmed, failed } = counts
  const peer = await killBullMq(options)
  return {
    table: table(
      [
        '',
        'process killed',
        'store killed',
        'acknowledged',
        'received by customers',
        'lost, doubled or out of order',
        'told as unconfirmed',
        'told as failed',
      ],
      [
        row('Parley', [kills, crashes, acknowledged, received, broken.length, unconfirmed, failed]),
        ...(peer
          ? [row('BullMQ', [peer.kill, peer.crash, peer.acknowledged, peer.received, peer.lost + peer.doubled, 0, 0])]
          : []),
      ],
    ),
    verdicts: [
      verdict(status === 0, '0 acknowledged lost, 0 silent', status === 0 ? 'none' : broken.slice(0, 3).join('; ')),
      aim(
        status === 0 && options.faults >= KILL.aim.faults,
        `the same at ${KILL.aim.faults} faults`,
        `${options.faults} here; the full run of \`npm run faults\` has 560`,
      ),
    ],
    notes: [
      `by \`npm run faults -- --smoke --faults ${options.faults} --seed ${seed}\`: two nodes, four accounts, two of them spiteful; Parley dies by SIGKILL, PostgreSQL by SIGQUIT to its postmaster, which writes nothing more`,
      peer
        ? `BullMQ with Redis (\`everysec\`): one process, no order kept; of ${peer.acknowledged.toLocaleString('en')} acknowledged ${peer.lost.toLocaleString('en')} never arrived, ${peer.doubled.toLocaleString('en')} arrived twice or more, and nobody is told which. Redis dies by SIGKILL, after which the kernel still writes what it had; in a power cut it may lose its last second by its manual`
        : 'BullMQ is not compared: there is no `redis-server` here',
    ],
  }
}

const row = (name: string, counts: readonly number[]): string[] => [
  name,
  ...counts.map((count) => count.toLocaleString('en')),
]
