import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { aNode, type ParleyNode } from './nodes.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** When it is told to go, it does this and is ready. */
async function started(what: string): Promise<ParleyNode> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nodes-'))
  folders.push(folder)
  const script = join(folder, 'script.mjs')
  const lines = `import { createInterface } from 'node:readline'
    createInterface(process.stdin).on('line', (line) => {
      if (line === 'go') { ${what}; console.log('ready') }
    }).on('close', () => process.exit())`
  await writeFile(script, lines)
  const node = aNode('north', { folder, port: 0, env: {}, seed: 1, script })
  await node.start()
  return node
}

test('a node that ends by itself is told, and not the one that was ordered to', async () => {
  const falls = await started('setTimeout(() => process.exit(7), 50)')
  await expect.poll(() => falls.wrongs).toEqual(['north ended by itself: code 7, see north.log'])
  await falls.kill()
  expect(falls.wrongs.length).toBe(1)
  await falls.close()

  const stays = await started("process.on('SIGTERM', () => process.exit())")
  await stays.kill()
  await stays.start()
  await stays.stop()
  await stays.close()
  expect(stays.wrongs).toEqual([])
})

test('a node that breaks while it is stopped, or before it comes to its moment, is told', async () => {
  const breaks = await started("process.on('SIGTERM', () => process.exit(1))")
  await breaks.stop()
  await breaks.close()
  expect(breaks.wrongs).toEqual(['north was to end in order: code 1, see north.log'])

  const early = await started('setTimeout(() => process.exit(1), 100)')
  expect(await early.dieAt('read, not told', 5_000)).toBe(false)
  await early.close()
  expect(early.wrongs).toEqual(['north ended by itself: code 1, see north.log'])
})
