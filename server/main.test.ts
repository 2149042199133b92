import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { run } from './main.ts'

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

async function printedBy(argv: string[]): Promise<unknown[]> {
  const print = vi.spyOn(console, 'log').mockReturnValue()
  onTestFinished(() => print.mockRestore())
  await run(argv, {})
  const lines = print.mock.calls.map(([line]: unknown[]) => line)
  print.mockRestore()
  return lines
}
