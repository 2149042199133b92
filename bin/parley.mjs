#!/usr/bin/env node
/**
 * The command `parley`, from any folder. Plain JavaScript, so that an old Node can read it too: Parley needs Node 24, which npm brings;
 * on an older one this runs itself again with that.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const WANTED = 24

if (Number.parseInt(process.versions.node, 10) >= WANTED) await start()
else runWithOurNode()

async function start() {
  // Begun by the other branch, which was killed: end in order.
  if (process.send) {
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
    process.channel?.unref()
  }
  // Reading the program again is most of a later start. Beside the packages, not in a shared /tmp where a stranger could leave code.
  const cache = new URL('../node_modules/.cache/', import.meta.url)
  if (existsSync(new URL('..', cache))) nodeModule.enableCompileCache(fileURLToPath(cache))
  try {
    const { run } = await import('../server/main.ts')
    const code = await run(process.argv.slice(2), process.env)
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    // The operator can help: the line says how. Anything else is our bug and shows its stack.
    console.error(error instanceof Error && error.name === 'StartFailure' ? error.message : error)
    process.exit(1)
  }
}

function runWithOurNode() {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(node)) {
    console.error(
      `Parley needs Node ${WANTED} or newer and found ${process.versions.node}: run "npm ci" in its folder, or install Node ${WANTED}.`,
    )
    process.exit(1)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal tells its whole group, so the child has heard; twice would mean "at once".
      if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.once('error', (error) => {
    console.error(`Parley cannot run ${node}: ${error.message}`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
