export interface CommandCard {
  /** What may stand after its name. */
  readonly takes: string
  readonly does: string
}

/** `parley <command>`, in the order in which `parley help` lists them. */
export const CARDS = {
  start: {
    takes: '',
    does: 'runs Parley until it is stopped; without a word this is what is done',
  },
  demo: {
    takes: '[--language en|ru]',
    does: 'runs Parley with a made-up shop and a page of phones to play with',
  },
  setup: {
    takes: '--workspace NAME --email E --password P [--name N] [--json]',
    does: 'makes a workspace, its owner and a token for programs',
  },
  'reset-sign-in': {
    takes: 'EMAIL',
    does: 'prints a one-time link for whoever lost the password or the second factor',
  },
  doctor: {
    takes: '[--json]',
    does: 'tells what is wrong and what to do about it; changes nothing',
  },
  backup: {
    takes: '[FOLDER | FILE.backup] [--logical]',
    does: 'writes everything into one encrypted file',
  },
  restore: {
    takes: 'FILE [--key KEYFILE]',
    does: 'brings such a file into an empty data folder; nothing is sent until a member has decided',
  },
  rotate: {
    takes: '[--data-keys] [--stored]',
    does: 'makes a new key for what is kept secret; --stored seals with it what is there already',
  },
  migrate: {
    takes: '',
    does: 'brings the database to this version without starting Parley',
  },
  version: {
    takes: '',
    does: 'prints the version',
  },
} as const satisfies Record<string, CommandCard>
export type CommandName = keyof typeof CARDS

/** How a command goes. */
export const usageOf = (name: CommandName): string => `parley ${name} ${CARDS[name].takes}`.trimEnd()
