import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { run } from './main.ts'
import { StartFailure } from './platform/start-failure.ts'

test.each(['version', '--version', '-v'])('parley %s prints the version in one line', async (word) => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await printedBy([word])).toEqual([version])
})

test('the help lists the version', async () => {
  expect((await printedBy(['help'])).join()).toContain('parley version\n')
  expect(await printedBy(['version', '--help'])).toEqual([expect.stringMatching(/^parley version\n/)])
})

test.each(['bad', 'olga@shop', `${'o'.repeat(250)}@shop.example`, 'olga@shop.example '])(
  'setup refuses %j, by which nobody could sign in, and makes nothing',
  async (email) => {
    const home = await mkdtemp(join(tmpdir(), 'parley-setup-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    const args = ['setup', '--workspace', 'Shop', '--email', email, '--password', 'correct horse battery']
    const refused = await run(args, { PARLEY_DATA: join(home, 'data') }).then(
      () => null,
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(StartFailure)
    expect((refused as StartFailure).message).toMatch(/^[^\n]*e-mail[^\n]*$/)
    expect(await readdir(home)).toEqual([])
  },
)

async function printedBy(argv: string[]): Promise<unknown[]> {
  const print = vi.spyOn(console, 'log').mockReturnValue()
  onTestFinished(() => print.mockRestore())
  await run(argv, {})
  const lines = print.mock.calls.map(([line]: unknown[]) => line)
  print.mockRestore()
  return lines
}
