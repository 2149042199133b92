import { doctor } from './doctor.ts'
import { migrateOnly } from './migrate-only.ts'
import { setup } from './setup.ts'
import { start } from './start.ts'

export type Command = (args: string[], env: NodeJS.ProcessEnv) => Promise<number | void>

/** `parley <command>`: each stands in a file of its own. */
export const COMMANDS: Readonly<Record<string, Command>> = { start, setup, migrate: migrateOnly, doctor }
