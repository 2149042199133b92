import { parseArgs } from 'node:util'
import { createToken, createWorkspace } from '../members/accounts.ts'
import { openDatabase } from '../platform/database.ts'
import { readSettings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { reachDatabase } from './reach-database.ts'

/**
 * `parley setup --workspace NAME --email E --password P [--name N] [--json]`: a workspace with its owner and a token of his, beside a running
 * Parley or without one.
 */
export async function setup(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { workspace, email, password, name, json } = read(args)
  const reached = await reachDatabase(readSettings(env), { beside: true })
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  try {
    const created = await createWorkspace(database, workspace, { name: name ?? email, email, password, language: 'en' })
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
  const options = {
    workspace: { type: 'string' },
    email: { type: 'string' },
    password: { type: 'string' },
    name: { type: 'string' },
    json: { type: 'boolean' },
  } as const
  let values
  try {
    values = parseArgs({ args, options }).values
  } catch (error) {
    throw new StartFailure(
      `${(error as Error).message}. It goes: parley setup --workspace NAME --email E --password P [--name N] [--json]`,
    )
  }
  const { workspace, email, password, name, json } = values
  if (!workspace || !email || !password)
    throw new StartFailure('parley setup wants --workspace, --email and --password.')
  if (password.length < 10) throw new StartFailure('A password has at least 10 characters.')
  return { workspace, email, password, name, json }
}
