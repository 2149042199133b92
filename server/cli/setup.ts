import { Email, Name, Password } from '#contract/calls/members.ts'
import { createToken, createWorkspace, type Created, type Owner } from '../members/accounts.ts'
import { openDatabase, type Database } from '../platform/database.ts'
import { Refused } from '../platform/problem.ts'
import { readSettings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { usageOf } from './cards.ts'
import { reachDatabase } from './reach-database.ts'
import { wordsOf } from './words-of.ts'

/**
 * `parley setup`: a workspace with its owner and a token of his, beside a running Parley or without one. Whoever has an account gets a
 * further workspace.
 */
export async function setup(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { workspace, email, password, name, json } = read(args)
  const reached = await reachDatabase(readSettings(env), { beside: true })
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  try {
    const owner: Owner = { name, email, password, language: 'en' }
    const created = await workspaceOf(database, workspace, owner)
    const { token } = await database.inWorkspace(created.workspace, (tx) =>
      createToken(tx, created.workspace, { name: 'parley setup', role: 'owner', expiresAt: null }),
    )
    const made = { workspaceId: created.workspace, memberId: created.member, token }
    console.log(
      json
        ? JSON.stringify(made)
        : `Workspace "${workspace}" is ready. Sign in as ${email}. A token for programs, shown once: ${token}`,
    )
  } finally {
    await database.close()
    await reached.stop()
  }
}

function read(args: string[]) {
  const { values } = wordsOf('setup', args, {
    workspace: { type: 'string' },
    email: { type: 'string' },
    password: { type: 'string' },
    name: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const { workspace, email, password } = values
  if (!workspace || !email || !password)
    throw new StartFailure(`A workspace, an e-mail and a password are wanted. It goes: ${usageOf('setup')}`)
  const asked = {
    workspace: Name.safeParse(workspace),
    email: Email.safeParse(email),
    name: Name.safeParse(values.name ?? email),
    password: Password.safeParse(password),
  }
  for (const [what, { success }] of Object.entries(asked))
    if (!success) throw new StartFailure(WRONG[what as keyof typeof asked](email))
  return { ...values, workspace: asked.workspace.data!, email: asked.email.data!, password, name: asked.name.data! }
}

/** The limits are those of the window's set-up page. */
const WRONG = {
  workspace: () => 'The name of a workspace has 1 to 120 characters.',
  name: () => 'The name of a member has 1 to 120 characters. Without --name it is the e-mail address.',
  email: (email: string) => `${JSON.stringify(email)} is no e-mail address by which anybody could sign in.`,
  password: () => 'A password has 10 to 200 characters.',
}

/** @throws StartFailure when the e-mail has an account with another password */
async function workspaceOf(database: Database, name: string, owner: Owner): Promise<Created> {
  try {
    return await createWorkspace(database, name, owner)
  } catch (error) {
    if (error instanceof Refused && error.code === 'wrong_credentials')
      throw new StartFailure(`${owner.email} has an account here already, with another password: give that one.`)
    throw error
  }
}
