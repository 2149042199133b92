export type Command = (args: string[], env: NodeJS.ProcessEnv) => Promise<number | void>

export interface CommandCard {
  /** What may stand after its name. */
  readonly takes: string
  readonly does: string
  /** Each stands in a file of its own, read only when it is called: `doctor` need not load the whole program. */
  load(): Promise<Command>
}

/** `parley <command>`, in the order in which `parley help` lists them. */
export const COMMANDS: Readonly<Record<string, CommandCard>> = {
  start: {
    takes: '',
    does: 'runs Parley until it is stopped; without a word this is what is done',
    load: async () => (await import('./start.ts')).start,
  },
  demo: {
    takes: '[--language en|ru]',
    does: 'runs Parley with a made-up shop and a page of phones to play with',
    load: async () => (await import('./demo.ts')).demo,
  },
  setup: {
    takes: '--workspace NAME --email E --password P [--name N] [--json]',
    does: 'makes a workspace, its owner and a token for programs',
    load: async () => (await import('./setup.ts')).setup,
  },
  doctor: {
    takes: '[--json]',
    does: 'tells what is wrong and what to do about it; changes nothing',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  backup: {
    takes: '[FILE] [--logical]',
    does: 'writes everything into one encrypted file',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    takes: 'FILE [--key KEYFILE]',
    does: 'brings such a file into an empty data folder; nothing is sent until a member has decided',
    load: async () => (await import('./restore.ts')).restore,
  },
  rotate: {
    takes: '[--data-keys]',
    does: 'makes a new key for what is kept secret',
    load: async () => (await import('./rotate.ts')).rotate,
  },
  migrate: {
    takes: '',
    does: 'brings the database to this version without starting Parley',
    load: async () => (await import('./migrate-only.ts')).migrateOnly,
  },
}

export const usageOf = (name: string): string => `parley ${name} ${COMMANDS[name]!.takes}`.trimEnd()
