import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder of ours and what is missing above it, one by one: `mkdir` of Node with `recursive` never returns, and cannot be ended, where a
 * file system answers "no such thing" to whoever would make something in a folder that is there, as `/proc` does.
 * @returns the first that was missing; undefined: the folder was there
 * @throws what the system says, as `mkdir` does
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let at = resolve(path); !(await isThere(at)); at = dirname(at)) missing.unshift(at)
  // What is there may be a file: that is said by whoever makes a folder of it.
  if (missing.length === 0 && !(await stat(path)).isDirectory()) await mkdir(path)
  for (const each of missing) await mkdir(each, { mode: 0o700 }).catch(unlessAnotherMadeIt(each))
  return missing[0]
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
      throw error
    },
  )

/** What stands there and is no folder may be a link that leads nowhere. */
const unlessAnotherMadeIt = (path: string) => async (error: NodeJS.ErrnoException) => {
  const isMade = error.code === 'EEXIST' && (await stat(path).catch(() => null))?.isDirectory()
  if (!isMade) throw error
}
