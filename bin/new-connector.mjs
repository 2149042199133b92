// Copies the template of a connector, and makes it receive in the one way that is wanted.
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TEMPLATE = fileURLToPath(new URL('../connectors/_template', import.meta.url))

/** What differs in the door of a connector that polls; the template's has a webhook. */
const POLLS = [
  ["import { open, register } from './webhook.ts'\n", ''],
  [
    "import { outgoing } from './outgoing.ts'\n",
    "import { outgoing } from './outgoing.ts'\nimport { connect } from './poll.ts'\n",
  ],
  ["receives: ['webhook']", "receives: ['polling']"],
  ['asks: { ...asks, register },\n  webhook: { open },', 'asks,\n  connect,'],
]

/** @param root  the folder of connectors */
export async function newConnector(root, name, { polls }) {
  const folder = join(root, name)
  const door = join(folder, `${name}.ts`)
  await cp(TEMPLATE, folder, { recursive: true })
  await rename(join(folder, '_template.ts'), door)
  await rename(join(folder, '_template.test.ts.txt'), join(folder, `${name}.test.ts`))
  await rm(join(folder, polls ? 'webhook.ts' : 'poll.ts'))
  if (polls) await writeFile(door, replaced(await readFile(door, 'utf8'), POLLS))
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('NAME', name))
  }
}

function replaced(text, changes) {
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the template has no longer: ${from}`)
    text = text.replace(from, to)
  }
  return text
}
