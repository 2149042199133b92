/** What a newcomer feels: how soon it is ready, what it weighs. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { memoryMbOf } from '../support/cpu.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const IDLE_MS = 10_000

export async function house(say: (words: string) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  say('\nTime to ready, idle memory, weights')
  say('  building what browsers load')
  const built = spawnSync(process.execPath, [join(ROOT, 'bin/build.mjs')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (built.status !== 0) throw new Error('the build failed')
  try {
    const first = await started(folder)
    await first.stop()
    const later = await started(folder)
    await delay(IDLE_MS)
    const memory = memoryMbOf([process.pid]) - ownMemory()
    await later.stop()
    return `## The house

| | now | wanted |
|---|---|---|
| ready, first start | ${(first.ms / 1000).toFixed(1)} s | ≤ 10 s |
| ready, later | ${(later.ms / 1000).toFixed(1)} s | ≤ 2 s |
| idle memory of the whole tree (PSS) | ${Math.round(memory)} MB | ≤ 300 MB |
| runtime packages | ${runtimePackages()} | |
| first load of the window, gzipped JavaScript | ${firstLoad()} | ≤ 250 KB |
| widget, gzipped | ${widget()} | ≤ 30 KB |
`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function started(folder: string) {
  const began = performance.now()
  const child = spawn(process.execPath, [join(ROOT, 'bin/parley.mjs'), 'start'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, PARLEY_DATA: folder, PARLEY_PORT: '0', PARLEY_LOG: 'silent' },
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (words: Buffer) => words.includes('is ready') && resolve())
    void gone.then(() => reject(new Error('Parley ended before it was ready')))
  })
  return {
    ms: performance.now() - began,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** This very process measures, and is not measured. */
const ownMemory = (): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1] ?? 0) / 1024

function runtimePackages(): number {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>
  }
  return Object.entries(lock.packages).filter(
    ([name, { dev, optional, devOptional }]) => name !== '' && !dev && !optional && !devOptional,
  ).length
}

/** What the inbox loads before it stands there, as the check of that budget counts it. */
function firstLoad(): string {
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'checks/first-load.mjs')], { encoding: 'utf8' })
  return `${/first load of the inbox: ([\d.]+) KB/.exec(stdout)?.[1] ?? 'unknown:'} KB`
}

/** The script that a site embeds, and the chat that it opens. */
function widget(): string {
  const folder = join(ROOT, 'dist/widget')
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length / 1024)
  return `${sizes.reduce((sum, kb) => sum + kb, 0).toFixed(1)} KB in ${sizes.length} files`
}
