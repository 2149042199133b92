/**
 * The ladder: a rung imports only from below, neighbours on one rung never import each other. `npm run check` runs this file; the list
 * below is the law, ARCHITECTURE.md only shows it.
 *
 * A green tool that saw nothing is the worst state: this counts the modules it read, and plants an upward import that must be caught.
 */
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'

/** Lowest first. Names of one line are neighbours. A folder comes here with its first file. */
export const LADDER = [
  ['contract'],
  ['connector-kit'],
  ['connectors', 'server/platform'],
  ['server/feed'],
  ['server/members'],
  ['server/channels'],
  ['server/contacts'],
  ['server/conversations'],
  ['server/delivery'],
  ['server/ingest'],
  ['server/automation', 'server/search', 'server/upkeep'],
  ['server/http'],
]

/** Beside the ladder: who may import what. */
const ASIDE = [
  { name: 'window', from: '^web/(?!vite\\.config|build/|gallery/vite)', to: '^(?!web/|contract/|node_modules)' },
  { name: 'widget', from: '^widget/(?!vite\\.config)', to: '^(?!widget/|contract/|node_modules)' },
  {
    name: 'nobody-imports-the-top',
    from: '^(?!server/main|server/cli|playground|bench|tests|checks)',
    to: '^(server/main|server/cli|playground|bench|tests|checks)/?',
  },
]

const TESTS = '\\.test\\.(ts|mjs)$'
const root = fileURLToPath(new URL('../', import.meta.url))
const FOLDERS = [
  'contract',
  'connector-kit',
  'connectors',
  'server',
  'web',
  'widget',
  'playground',
  'bench',
  'tests',
  'checks',
]

const rungs = LADDER.flatMap((names, height) => names.map((name) => ({ name, height })))

const forbidden = [
  ...rungs.flatMap(({ name, height }) => {
    const above = rungs.filter((other) => other.height > height || (other.height === height && other.name !== name))
    return above.length === 0
      ? []
      : [
          {
            name: `${name} imports upwards`,
            severity: 'error',
            from: { path: `^${name}/`, pathNot: TESTS },
            to: { path: `^(${above.map((other) => other.name).join('|')})/` },
          },
        ]
  }),
  // One connector knows nothing of another.
  {
    name: 'connectors are strangers',
    severity: 'error',
    from: { path: '^connectors/([^/]+)/', pathNot: TESTS },
    to: { path: '^connectors/([^/]+)/', pathNot: '^connectors/$1/' },
  },
  ...ASIDE.map(({ name, from, to }) => ({
    name,
    severity: 'error',
    from: { path: from, pathNot: TESTS },
    to: { path: to },
  })),
  {
    name: 'no cycles between files',
    severity: 'error',
    from: { pathNot: TESTS },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
]

async function look() {
  const folders = FOLDERS.filter((folder) => existsSync(new URL(`../${folder}`, import.meta.url)))
  const { output } = await cruise(folders, {
    baseDir: root,
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules|/dist/|/testdata/' },
    validate: true,
    ruleSet: { forbidden },
    tsConfig: { fileName: `${root}tsconfig.json` },
  })
  return output
}

const FEWEST_MODULES = 60

async function main() {
  const absent = rungs.filter(({ name }) => !existsSync(new URL(`../${name}`, import.meta.url)))
  if (absent.length > 0)
    throw new Error(`there is no ${absent.map(({ name }) => name).join(', no ')}: the ladder names what is not there`)
  const planted = new URL('../contract/planted-violation.ts', import.meta.url)
  await writeFile(planted, "import type { Tx } from '#server/platform/database.ts'\nexport type Planted = Tx\n")
  let caught
  try {
    const output = await look()
    caught = output.summary.violations.some((violation) => violation.from === 'contract/planted-violation.ts')
  } finally {
    await rm(planted)
  }
  if (!caught) throw new Error('the planted upward import was not caught: this check sees nothing')

  const { modules, summary } = await look()
  if (modules.length < FEWEST_MODULES)
    throw new Error(`only ${modules.length} modules were read: this check sees too little`)
  for (const { from, to, rule, cycle } of summary.violations)
    console.error(`${rule.name}: ${from} → ${to}${cycle ? ` (${cycle.map((step) => step.name).join(' → ')})` : ''}`)
  console.log(`ladder: ${modules.length} modules, ${summary.violations.length} violations`)
  if (summary.violations.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
