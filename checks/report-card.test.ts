/**
 * docs/connectors.md is what the tests show, and is red when it is stale. `npm run conformance` runs them and writes it.
 *
 * golden: a recorded case keeps the claim · emulator: tried by real requests at its limit · both names are those of the tests
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { claimsOf } from '#connector-kit/conformance/claims.ts'
import { promisesOf } from '#connector-kit/conformance/conformance.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import type { Connector } from '#connector-kit/connector.ts'
import { connectorFolders, loadConnector } from '#connector-kit/load.ts'

const ROOT = new URL('../connectors/', import.meta.url)
const CARD = new URL('../docs/connectors.md', import.meta.url)

test('the report card of connectors is fresh', async () => {
  const card = await reportCard()
  if (process.env.UPDATE_CARD === '1') writeFileSync(CARD, card)
  expect(readFileSync(CARD, 'utf8')).toBe(card)
})

interface Column {
  folder: string
  connector: Connector
  /** Name of a claim → how it is shown. */
  shown: Map<string, string>
  witnesses: string[]
}

async function reportCard(): Promise<string> {
  const columns: Column[] = []
  for (const folder of await connectorFolders(ROOT)) columns.push(await columnOf(folder))
  const rows = [...new Set(columns.flatMap(({ shown }) => [...shown.keys()]))]
  return `# What connectors can do, and what shows it

Written by \`npm run conformance\`; \`npm run check\` is red when it is stale. **golden**: a recorded case in \`testdata/\` · **emulator**: tried by
real requests, at its limit · *partial*: works with a loss that the connector's \`setup.md\` names · *cannot*: the network
has no such thing, \`testdata/\` says why · empty: not there.

| | ${columns.map(({ folder }) => folder).join(' | ')} |
|---|${columns.map(() => '---').join('|')}|
${rows.map((row) => `| ${row} | ${columns.map(({ shown }) => shown.get(row) ?? '').join(' | ')} |`).join('\n')}

## Witnesses

${columns.map(({ folder, witnesses }) => `- ${folder}: ${witnesses.join(', ') || 'none besides the goldens and the emulator'}`).join('\n')}
`
}

async function columnOf(folder: string): Promise<Column> {
  const connector = await loadConnector(ROOT, folder)
  const here = new URL(`${folder}/`, ROOT)
  const goldens = readGoldens(new URL('testdata/', here))
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'))
  const source = (name: string) => readFileSync(new URL(name, here), 'utf8')
  const own = tests.includes(`${folder}.test.ts`) ? source(`${folder}.test.ts`) : ''
  // What a test excepts it names, as a key with the reason behind it.
  const promised = own.includes('keepsItsPromises(')
    ? promisesOf(connector, { never: neverOf(own) }).filter(({ name }) => !own.includes(`'${name}':`))
    : []
  const names = new Set(promised.map(({ name }) => name))
  const shown = claimsOf(connector).map(({ name, isKept }): [string, string] => {
    const waived = goldens.incoming.some(({ label, never }) => never !== undefined && label.startsWith(name))
    const marks = [
      ...(waived ? ['*cannot*'] : isKept(goldens) ? ['golden'] : []),
      ...(names.has(name) ? ['emulator'] : []),
    ]
    return [name, `${marks.join(' · ') || 'claimed'}${isPartial(connector, name) ? ' *partial*' : ''}`]
  })
  const faults = promised.filter(({ name }) => !shown.some(([claim]) => claim === name))
  return {
    folder,
    connector,
    shown: new Map([...shown, ...faults.map(({ name }): [string, string] => [name, 'emulator'])]),
    witnesses: [...new Set(tests.flatMap((name) => foreignPackages(source(name)))), ...realServers(folder)],
  }
}

/** Faults that a test says its network cannot have. */
const neverOf = (source: string): Record<string, string> =>
  Object.fromEntries(
    [...(/never: \{([^}]*)\}/.exec(source)?.[1] ?? '').matchAll(/(\w+): '/g)].map(([, fault]) => [
      fault!,
      'so it says',
    ]),
  )

/** Other people's packages that a test runs against the emulator. */
const foreignPackages = (source: string): string[] =>
  [...source.matchAll(/from '([^'.#][^']*)'/g)]
    .map((match) => match[1]!)
    .filter((name) => !/^(node:|vitest$|fast-check$|zod$)/.test(name))

/** The suite that runs a connector with real servers, where there is one. */
const realServers = (folder: string): string[] => {
  const suite = `tests/interop/${folder}.interop.test.ts`
  return existsSync(new URL(`../${suite}`, import.meta.url)) ? [`real servers (\`${suite}\`)`] : []
}

function isPartial({ abilities }: Connector, claim: string): boolean {
  const [name, way] = claim.split(' ') as [string, 'in' | 'out' | undefined]
  const { text, media = {}, parts = {} } = abilities
  if (way === 'out' && text.marks[name as 'bold'] === 'partial') return true
  const both =
    media[name as 'image'] ?? parts[name as 'poll'] ?? (abilities as unknown as Record<string, unknown>)[name]
  return (
    typeof both === 'object' && both !== null && (both as { in?: string; out?: string })[way ?? 'out'] === 'partial'
  )
}
