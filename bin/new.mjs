// `npm run new connector NAME [--polling]`: copies connectors/_template. What it makes runs against a network that nobody has.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newConnector } from './new-connector.mjs'

const [what, name = '', ...flags] = process.argv.slice(2)
const root = fileURLToPath(new URL('../connectors/', import.meta.url))

function end(words) {
  console.error(words)
  process.exit(1)
}

const unknown = flags.find((flag) => flag !== '--polling')
if (what !== 'connector' || unknown) end('npm run new connector NAME, or: npm run new connector NAME -- --polling')
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
  end(`"${name}" is no folder's name: lower case letters, digits and dashes`)
if (await stat(join(root, name)).catch(() => null)) end(`connectors/${name} is there already`)

await newConnector(root, name, { polls: flags.includes('--polling') })
console.log(`connectors/${name} is made, of a network that nobody has. Now: docs/how-to/add-a-messenger.md; what is still missing:
  npm test -- --project unit connectors/${name}`)
