/**
 * What a browser must load before the inbox stands there: the entry, the inbox and all that they import at once, gzipped, and what the
 * first conversation adds. After a build: `npm run first-load`. A page that slips into the first load is found here, and in
 * `first-load.test.mjs`.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

export const BUDGET_KB = 250
const FEWEST_FILES = 5
const dist = new URL('../dist/web/', import.meta.url)
const manifestFile = new URL('manifest.json', dist)

export const isBuilt = () => existsSync(manifestFile)

/** Sizes in KB, biggest first; `thread` is what comes behind the list, for the first conversation. */
export async function firstLoad() {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'))
  const named = (ending) => Object.keys(manifest).find((name) => name.endsWith(ending))
  const entry = Object.keys(manifest).find((name) => manifest[name].isEntry)
  const inbox = named('pages/inbox/inbox.tsx')
  const thread = named('pages/inbox/thread/thread-pane.tsx')
  const words = Object.keys(manifest).filter((name) => /\/(app|ui|inbox)\/words\.ru\.ts$/.test(`/${name}`))
  if (!entry || !inbox || !thread || words.length < 3)
    throw new Error('the manifest does not name entry, inbox, thread and words: an old build? npm run build')

  const reached = (names, seen = new Set()) => {
    for (const name of names) {
      const { file, imports = [] } = manifest[name]
      if (seen.has(file)) continue
      seen.add(file)
      reached(imports, seen)
    }
    return seen
  }
  const first = reached([entry, inbox, ...words])
  if (first.size < FEWEST_FILES) throw new Error('too few files: this check sees too little')
  const behind = [...reached([thread])].filter((file) => !first.has(file))
  const files = await Promise.all([...first].map(sizeOf))
  const total = files.reduce((sum, { kb }) => sum + kb, 0)
  const more = (await Promise.all(behind.map(sizeOf))).reduce((sum, { kb }) => sum + kb, 0)
  return { total, thread: more, files: files.toSorted((a, b) => b.kb - a.kb) }
}

const sizeOf = async (file) => ({
  file,
  kb: gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length / 1024,
})

if (import.meta.main) {
  const { total, thread, files } = await firstLoad()
  for (const { file, kb } of files.slice(0, 8)) console.log(`${kb.toFixed(1).padStart(7)} KB  ${file}`)
  console.log(
    `first load of the inbox: ${total.toFixed(1)} KB of JavaScript in ${files.length} files, at most ${BUDGET_KB}; ` +
      `the first conversation: ${thread.toFixed(1)} KB more`,
  )
  if (total > BUDGET_KB) process.exitCode = 1
}
