/**
 * Parley. Read this file as the diagram: everything is built in order, lowest rung first, then the subscriptions are listed.
 *
 *  platform ──webhook / poll / line──▶ connector.open ─▶ journal ──▶ connector.incoming ─▶ conversations ─┐ one transaction
 *  browser ◀── socket ◀── feed ◀────────────────────────────────── committed events ◀─────────────────────┘
 *  platform ◀── connector.outgoing ◀── delivery (outbox, lanes, pacing) ◀── members, rules
 */
import { COMMANDS, usageOf } from './cli/commands.ts'
import { StartFailure } from './platform/start-failure.ts'

/** The command line. @returns the exit code, or nothing while the program goes on */
export async function run(argv: string[], env: NodeJS.ProcessEnv): Promise<number | void> {
  const [name = 'start', ...rest] = argv
  if (HELP.has(name)) return console.log(help())
  const command = COMMANDS[name]
  if (!command)
    throw new StartFailure(`There is no command "${name}". Parley knows: ${Object.keys(COMMANDS).join(', ')}.`)
  if (rest.some((word) => HELP.has(word))) return console.log(`${usageOf(name)}\n  ${command.does}`)
  return (await command.load())(rest, env)
}

const HELP = new Set(['help', '--help', '-h'])

const help = (): string =>
  [
    'Parley: one window onto every messenger, on a server you own.',
    ...Object.entries(COMMANDS).map(([name, { does }]) => `${usageOf(name)}\n  ${does}`),
    'Settings come from the environment: docs/how-to/run-on-a-server.md lists them.',
  ].join('\n\n')
