/**
 * Parley. Read this file as the diagram: everything is built in order, lowest rung first, then the subscriptions are listed.
 *
 *  platform ──webhook / poll / line──▶ connector.open ─▶ journal ──▶ connector.incoming ─▶ conversations ─┐ one transaction
 *  browser ◀── socket ◀── feed ◀────────────────────────────────── committed events ◀─────────────────────┘
 *  platform ◀── connector.outgoing ◀── delivery (outbox, lanes, pacing) ◀── members, rules
 */
import { COMMANDS } from './cli/commands.ts'
import { StartFailure } from './platform/start-failure.ts'

/** The command line. @returns the exit code, or nothing while the program goes on */
export async function run(argv: string[], env: NodeJS.ProcessEnv): Promise<number | void> {
  const [name = 'start', ...rest] = argv
  const command = COMMANDS[name]
  if (!command)
    throw new StartFailure(`There is no command "${name}". Parley knows: ${Object.keys(COMMANDS).join(', ')}.`)
  return (await command())(rest, env)
}
