/**
 * Parley. Read this file as the diagram: everything is built in order, lowest rung first, then the subscriptions are listed.
 *
 *  platform ──webhook / poll / line──▶ connector.open ─▶ journal ──▶ connector.incoming ─▶ conversations ─┐ one transaction
 *  browser ◀── socket ◀── feed ◀────────────────────────────────── committed events ◀─────────────────────┘
 *  platform ◀── connector.outgoing ◀── delivery (outbox, lanes, pacing) ◀── members, rules
 */
import { CARDS, usageOf, type CommandName } from './cli/cards.ts'
import { COMMANDS } from './cli/commands.ts'
import { StartFailure } from './platform/start-failure.ts'

/** The command line. @returns the exit code, or nothing while the program goes on */
export async function run(argv: string[], env: NodeJS.ProcessEnv): Promise<number | void> {
  const [word = 'start', ...rest] = argv
  const name = VERSION.has(word) ? 'version' : word
  if (HELP.has(name)) return console.log(help())
  if (!isCommand(name))
    throw new StartFailure(`There is no command "${name}". Parley knows: ${Object.keys(CARDS).join(', ')}.`)
  if (rest.some((word) => HELP.has(word))) return console.log(`${usageOf(name)}\n  ${CARDS[name].does}`)
  return (await COMMANDS[name]())(rest, env)
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(CARDS, name)

const HELP = new Set(['help', '--help', '-h'])
/** As every program is asked. */
const VERSION = new Set(['--version', '-v'])

const help = (): string =>
  [
    'Parley: one window onto every messenger, on a server you own.',
    ...Object.entries(CARDS).map(([name, { does }]) => `${usageOf(name as CommandName)}\n  ${does}`),
    'Settings come from the environment: docs/how-to/run-on-a-server.md lists them.',
  ].join('\n\n')
