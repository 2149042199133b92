/**
 * What a browser must load before the inbox stands there: the entry, the inbox and all that they import at once, gzipped. After a
 * build: `npm run first-load`. A page that slips into the first load is found here.
 */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 250
const FEWEST_FILES = 5
const dist = new URL('../dist/web/', import.meta.url)

const manifest = JSON.parse(await readFile(new URL('manifest.json', dist), 'utf8'))
const [entry] = Object.keys(manifest).filter((name) => manifest[name].isEntry)
const inbox = Object.keys(manifest).find((name) => name.endsWith('pages/inbox/inbox.tsx'))
const words = Object.keys(manifest).filter((name) => /\/(app|ui|inbox)\/words\.ru\.ts$/.test(`/${name}`))
if (!entry || !inbox || words.length < 3)
  throw new Error('the manifest does not name the entry, the inbox and their words')

const files = new Set()
const follow = (name) => {
  const { file, imports = [] } = manifest[name]
  if (files.has(file)) return
  files.add(file)
  for (const each of imports) follow(each)
}
for (const name of [entry, inbox, ...words]) follow(name)

const sizes = await Promise.all(
  [...files].map(async (file) => ({
    file,
    kb: gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length / 1024,
  })),
)
const total = sizes.reduce((sum, { kb }) => sum + kb, 0)
for (const { file, kb } of sizes.toSorted((a, b) => b.kb - a.kb).slice(0, 8))
  console.log(`${kb.toFixed(1).padStart(7)} KB  ${file}`)
console.log(
  `first load of the inbox: ${total.toFixed(1)} KB of JavaScript in ${files.size} files, at most ${BUDGET_KB}`,
)
if (files.size < FEWEST_FILES) throw new Error('too few files: this check sees too little')
if (total > BUDGET_KB) process.exitCode = 1
