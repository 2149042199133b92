/** bin/parley.mjs with a small program behind it, under this Node and under an older one where the machine has such. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const MAIN = `
import { StartFailure } from './platform/start-failure.ts'
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv) {
  const [command, ...rest] = argv
  if (command === 'echo') console.log(JSON.stringify({ rest, node: process.versions.node, cwd: process.cwd(), home: env.HOME }))
  if (command === 'code') return Number(rest[0])
  if (command === 'fail') throw new StartFailure('PARLEY_PORT in the environment must be a number; it is "x".')
  if (command === 'bug') throw new Error('a bug of ours')
  if (command === 'stay') {
    const alive = setInterval(() => {}, 1000)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => { console.log(signal); clearInterval(alive) })
    console.log('up')
  }
}
`
const home = mkdtempSync(join(tmpdir(), 'parley команда '))
afterAll(() => rmSync(home, { recursive: true }))
const root = fileURLToPath(new URL('..', import.meta.url))
for (const path of ['bin/parley.mjs', 'server/platform/start-failure.ts']) cpSync(join(root, path), join(home, path))
writeFileSync(join(home, 'package.json'), '{"type":"module"}')
writeFileSync(join(home, 'server/main.ts'), MAIN)
const bin = join(home, 'bin/parley.mjs')

/** The machine's own, when it is too old for Parley. */
const old = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find(
    (node) => Number.parseInt(spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout, 10) < 24,
  )

describe.each([
  ['this Node', process.execPath],
  ['an older Node', old],
])('under %s', (_, node) => {
  const run = (...args: string[]) =>
    spawnSync(node!, [bin, ...args], { encoding: 'utf8', cwd: tmpdir(), env: { HOME: '/home/ann' } })
  const withOurNode = () => {
    mkdirSync(join(home, 'node_modules/.bin'), { recursive: true })
    rmSync(join(home, 'node_modules/.bin/node'), { force: true })
    symlinkSync(process.execPath, join(home, 'node_modules/.bin/node'))
  }

  test.runIf(node)('the program gets the words and the environment, from any folder, on Node 24', () => {
    withOurNode()
    const { stdout, status } = run('echo', 'two words', '--json')
    expect(JSON.parse(stdout)).toEqual({
      rest: ['two words', '--json'],
      node: process.versions.node,
      cwd: tmpdir(),
      home: '/home/ann',
    })
    expect(status).toBe(0)
    expect(run('code', '3').status).toBe(3)
  })

  test.runIf(node)('trouble that the operator can mend is one line; a bug keeps its stack', () => {
    withOurNode()
    expect(run('fail')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'PARLEY_PORT in the environment must be a number; it is "x".\n',
    })
    expect(run('bug')).toMatchObject({ status: 1, stderr: expect.stringContaining('main.ts:') as string })
  })

  test.runIf(node).each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches the program, which ends in its own way',
    async (signal) => {
      withOurNode()
      const lines = await linesOf(node!, (child) => child.kill(signal))
      expect(lines).toEqual(['up', signal, 'exit 0 null'])
    },
  )
})

describe.runIf(old)('under an older Node', () => {
  test('without Node 24 it says what is missing', () => {
    rmSync(join(home, 'node_modules'), { recursive: true, force: true })
    const { status, stderr } = spawnSync(old!, [bin, 'echo'], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^Parley needs Node 24 or newer and found \S+: run "npm ci" in its folder, or install Node 24\.\n$/,
    )
  })

  test('when it is killed, the program behind it stops in order', async () => {
    mkdirSync(join(home, 'node_modules/.bin'), { recursive: true })
    symlinkSync(process.execPath, join(home, 'node_modules/.bin/node'))
    const lines = await linesOf(old!, (child) => child.kill('SIGKILL'))
    expect(lines.toSorted()).toEqual(['SIGTERM', 'exit null SIGKILL', 'up'])
  })
})

/** What `parley stay` prints, and how it ended, when `act` is done as soon as it is up. */
async function linesOf(node: string, act: (child: ReturnType<typeof spawn>) => void): Promise<string[]> {
  const child = spawn(node, [bin, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  child.once('exit', (code, signal) => lines.push(`exit ${code} ${signal}`))
  const closed = new Promise((resolve) => child.once('close', resolve))
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    if (line === 'up') act(child)
  })
  await closed
  return lines
}
