import type { CommandName } from './cards.ts'

export type Command = (args: string[], env: NodeJS.ProcessEnv) => Promise<number | void>

/** Each stands in a file of its own, read only when it is called: `doctor` need not load the whole program. */
export const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  demo: async () => (await import('./demo.ts')).demo,
  setup: async () => (await import('./setup.ts')).setup,
  'reset-sign-in': async () => (await import('./reset-sign-in.ts')).resetSignIn,
  doctor: async () => (await import('./doctor.ts')).doctor,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  rotate: async () => (await import('./rotate.ts')).rotate,
  migrate: async () => (await import('./migrate-only.ts')).migrateOnly,
  version: async () => (await import('./version.ts')).version,
}
