/**
 * The registry of messengers is the folder itself: each folder below `connectors/` is one, its door the file of the same name. Nothing
 * else lists them.
 */
import { readdir, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConnectorCard, Manifest } from '#contract/manifest.ts'
import { Abilities } from '#contract/message/abilities.ts'
import type { Connector } from './connector.ts'

export interface Loaded {
  readonly connector: Connector
  /** What the window draws: form, limits, logo, set-up text. */
  readonly card: ConnectorCard
}

export type Connectors = ReadonlyMap<string, Loaded>

/** Names of the folders below `root`, a folder's URL ending in `/`. `_template` and the like are not messengers. */
export async function connectorFolders(root: URL): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && /^[a-z]/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted()
}

/** @throws naming the folder whose door, manifest or abilities are not as `connector.ts` says */
export async function loadConnectors(root: URL): Promise<Connectors> {
  const folders = await connectorFolders(root)
  return new Map(await Promise.all(folders.map(async (folder) => [folder, await load(root, folder)] as const)))
}

export async function loadConnector(root: URL, folder: string): Promise<Connector> {
  const door = (await import(new URL(`${folder}/${folder}.ts`, root).href)) as { default?: Connector }
  if (door.default?.api !== 1)
    throw new Error(`connectors/${folder}/${folder}.ts exports no connector of API 1 as its default`)
  const { manifest, connect, webhook } = door.default
  for (const way of manifest?.receives ?? [])
    if (way === 'webhook' ? !webhook : !connect)
      throw new Error(
        `connectors/${folder}: its manifest receives by ${way}, but there is no \`${way === 'webhook' ? 'webhook' : 'connect'}\``,
      )
  return door.default
}

async function load(root: URL, folder: string): Promise<Loaded> {
  const text = (name: string) => readFile(new URL(`${folder}/${name}`, root), 'utf8')
  try {
    const connector = await loadConnector(root, folder)
    const card = ConnectorCard.parse({
      id: folder,
      manifest: Manifest.parse(connector.manifest),
      settings: z.toJSONSchema(connector.settings, { io: 'input' }),
      abilities: Abilities.parse(connector.abilities),
      setup: { en: await text('setup.md'), ru: await text('setup.ru.md') },
      logo: await text('logo.svg'),
    })
    return { connector, card }
  } catch (error) {
    throw new Error(`connectors/${folder} cannot be loaded`, { cause: error })
  }
}
