/** The window as `npm run build` makes it, built once for a test run where it is missing or older than its sources. */
import { glob, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))

export async function aBuiltWindow(): Promise<void> {
  const built = await stat(`${root}dist/web/index.html`).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  for await (const path of glob(['{web,contract}/**/*.{ts,tsx,css,html}'], { cwd: root })) {
    if ((await stat(`${root}${path}`)).mtimeMs <= built) continue
    await promisify(execFile)(process.execPath, [`${root}bin/build.mjs`], { cwd: root })
    return
  }
}
