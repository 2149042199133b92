// `npm run new connector NAME`: copies connectors/_template. Its promises fail until they are kept.
import { cp, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [what, name = ''] = process.argv.slice(2)
const root = fileURLToPath(new URL('../connectors/', import.meta.url))
const folder = join(root, name)

function end(words) {
  console.error(words)
  process.exit(1)
}

if (what !== 'connector') end('npm run new connector NAME')
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
  end(`"${name}" is no folder's name: lower case letters, digits and dashes`)
if (await stat(folder).catch(() => null)) end(`connectors/${name} is there already`)

await cp(join(root, '_template'), folder, { recursive: true })
await rename(join(folder, '_template.ts'), join(folder, `${name}.ts`))
await rename(join(folder, '_template.test.ts.txt'), join(folder, `${name}.test.ts`))
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const path = join(entry.parentPath, entry.name)
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll('NAME', name))
}
console.log(`connectors/${name} is made. Now: docs/how-to/add-a-messenger.md, and the red list from the top:
  npm test -- --project unit connectors/${name}`)
