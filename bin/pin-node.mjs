/**
 * Runs after every install. npm 10 removes `.bin/node` when packages for several platforms offer the same bin;
 * this puts the Node that Parley brings back at the head of every `npm run` path.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'

const name = `node-${process.platform}-${process.arch}`
const link = new URL('../node_modules/.bin/node', import.meta.url)

if (existsSync(new URL(`../node_modules/${name}/bin/node`, import.meta.url))) {
  mkdirSync(new URL('.', link), { recursive: true })
  rmSync(link, { force: true })
  symlinkSync(`../${name}/bin/node`, link)
}
