/**
 * The role the program works as: it owns nothing, is bound by row-level security, and may do what the migrations granted to the group
 * `parley_program`. Each data folder, or each PARLEY_KEY, has a login of its own, so that several machines on one database do not
 * change each other's password.
 */
import { createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { connectionTo } from './connection.ts'
import { makeFolder } from './make-folder.ts'
import { StartFailure } from './start-failure.ts'

export interface ProgramLogin {
  readonly role: string
  readonly password: string
}

/** Who the migrations grant rights to; it cannot log in. */
export const GROUP = 'parley_program'

/** The role and password of this installation: derived from PARLEY_KEY when that is set, else from a random file for us alone. */
export async function programLogin(dataDir: string, key?: Uint8Array | null): Promise<ProgramLogin> {
  const secret = key ?? (await ownSecret(dataDir))
  const derived = (what: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `parley program ${what}`, bytes))
  return {
    role: `${GROUP}_${derived('role', 5).toString('hex')}`,
    password: derived('password', 24).toString('base64url'),
  }
}

async function ownSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'program.secret')
  const existing = await readFile(file, 'utf8').catch(() => null)
  if (existing !== null) return existing.trim()
  await makeFolder(dataDir)
  // Written aside and linked: two that start at once end with one file, and it is whole.
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(aside, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  await link(aside, file).catch(() => {})
  await rm(aside)
  return (await readFile(file, 'utf8')).trim()
}

/** Makes the role, or brings it up to date. @returns the program's address */
export async function ensureProgramRole(owner: pg.Client, ownerUrl: string, login: ProgramLogin): Promise<string> {
  const url = programUrlOf(ownerUrl, login)
  try {
    // Left alone when it is right: other programs may be connecting as it at this moment.
    if (!(await isUpToDate(owner, login.role)) || !(await logsIn(url))) await makeRole(owner, login)
  } catch (error) {
    throw new StartFailure(
      `The program's database role ${login.role} cannot be made: ${(error as Error).message}. The role of DATABASE_URL needs CREATEROLE.`,
    )
  }
  return url
}

const SETTINGS = ['search_path=parley', 'statement_timeout=5s', 'idle_in_transaction_session_timeout=10s']

async function isUpToDate(owner: pg.Client, role: string): Promise<boolean> {
  const { rows } = await owner.query<{ right: boolean }>(
    `select rolconfig @> $2::text[] and pg_has_role(oid, $3, 'usage') and has_database_privilege(oid, current_database(), 'connect') as right
       from pg_roles where rolname = $1`,
    [role, SETTINGS, GROUP],
  )
  return rows[0]?.right === true
}

async function logsIn(url: string): Promise<boolean> {
  const client = new pg.Client(connectionTo(url))
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function makeRole(owner: pg.Client, { role, password }: ProgramLogin): Promise<void> {
  const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [role])
  const statements = [
    // The verifier instead of the password: statements may be logged. A fresh role may nothing; `inspectProgramRole` looks at an old one.
    `${rowCount === 0 ? 'create' : 'alter'} role ${role} login password '${scramVerifier(password)}'`,
    `grant ${GROUP} to ${role}`,
    ...SETTINGS.map((setting) => `alter role ${role} set ${setting.replace(/=(.*)/, ` = '$1'`)}`),
    `do $$ begin execute format('grant connect on database %I to ${role}', current_database()); end $$`,
  ]
  // Sent as one message they are one transaction.
  await owner.query(statements.join(';\n'))
}

/** The owner's address, entered as the program. */
export function programUrlOf(url: string, { role, password }: ProgramLogin): string {
  // An address without a host (its socket is named in the query) cannot carry a user.
  const address = new URL(url.replace(/^(postgres(?:ql)?:\/\/)(?=\/)/, '$1localhost'))
  address.username = role
  address.password = password
  return address.href
}

/** What PostgreSQL stores of a SCRAM password (RFC 5803). A random password needs no more than the usual 4096 rounds. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const keyed = (words: string) => createHmac('sha256', salted).update(words).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}

/** Looks at the program's role through its own connection; the wall between workspaces stands or falls with it. */
export async function inspectProgramRole(programUrl: string): Promise<void> {
  const client = new pg.Client(connectionTo(programUrl))
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<{
      name: string
      super: boolean
      bypasses: boolean
      owns: boolean
      enters: boolean
      commits: string
    }>(
      `select current_user as name, r.rolsuper as super, r.rolbypassrls as bypasses,
              exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname in ('parley', 'parley_parts') and pg_has_role(current_user, c.relowner, 'member')) as owns,
              has_schema_privilege('parley_parts', 'usage') as enters,
              current_setting('synchronous_commit') as commits
         from pg_roles r where r.rolname = current_user`,
    )
    const role = rows[0]
    if (!role) throw new StartFailure(`The database does not know the role that Parley connects as.`)
    const refusals: [boolean, string][] = [
      [role.super, `is a superuser: row-level security would not bind it. Run "alter role ${role.name} nosuperuser".`],
      [role.bypasses, `has BYPASSRLS: workspaces would not be apart. Run "alter role ${role.name} nobypassrls".`],
      [role.owns, `owns Parley's tables or is a member of their owner. Revoke that membership.`],
      [role.enters, `may enter the schema parley_parts, which row-level security does not guard. Revoke USAGE on it.`],
      [role.commits === 'off', `has synchronous_commit = off. Turn it on.`],
    ]
    for (const [refused, why] of refusals)
      if (refused) throw new StartFailure(`The program's database role ${role.name} ${why}`)
  } finally {
    await client.end().catch(() => {})
  }
}
