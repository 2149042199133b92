/** `npm run record NAME -- --settings FILE …`: docs/how-to/add-a-messenger.md. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { loadConnector } from '../load.ts'
import { record } from './record.ts'

const USAGE =
  'npm run record NAME -- --settings FILE [--way webhook|polling|line] [--url https://…] [--port N] [--seconds N]'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    settings: { type: 'string' },
    way: { type: 'string' },
    url: { type: 'string' },
    port: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const [name] = positionals
if (!name || !values.settings) {
  console.error(USAGE)
  process.exit(2)
}

const root = new URL('../../connectors/', import.meta.url)
const connector = await loadConnector(root, name)
const { receives } = connector.manifest
// A machine of one's own is seldom reached from outside.
const way = receives.find((each) => each === (values.way ?? (values.url ? 'webhook' : undefined)))
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
if (values.seconds) setTimeout(() => stop.abort(), Number(values.seconds) * 1000)

const cases = await record({
  connector,
  testdata: new URL(`${name}/testdata/`, root),
  settings: JSON.parse(await readFile(values.settings, 'utf8')),
  way: way ?? receives.find((each) => each !== 'webhook') ?? receives[0]!,
  ...(values.url ? { hooks: { url: values.url, port: Number(values.port ?? 0) } } : {}),
  lines: createInterface({ input: process.stdin }),
  signal: stop.signal,
  say: (words) => console.log(words),
})
for (const why of cases.left) console.log(`left out: ${why}`)
console.log(
  `connectors/${name}/testdata: ${cases.incoming.length} incoming, ${cases.outgoing.length} outgoing cases more. Read them before you commit.`,
)
process.exit(0)
