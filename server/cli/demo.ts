/**
 * `parley demo`: Parley with a believable shop and a page of fake phones; no account, no token. It begins anew each time, in a folder of
 * its own.
 *
 * playground (emulators) → Parley on a fresh folder → channels by the API → a week of talk through them → ready
 */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '#server/platform/make-folder.ts'
import { createChannel } from '#contract/calls/channels.ts'
import { createMember } from '#contract/calls/members.ts'
import type { MemberId } from '#contract/ids.ts'
import { startPlayground, type Playground } from '../../playground/playground.ts'
import { signInTo, type ParleyClient } from '../../playground/story/parley-client.ts'
import { story as english } from '../../playground/story/story.en.ts'
import type { Story } from '../../playground/story/story.ts'
import { story as russian } from '../../playground/story/story.ru.ts'
import { tellStory } from '../../playground/story/tell-story.ts'
import { createWorkspace } from '../members/accounts.ts'
import { openLog } from '../platform/log.ts'
import { readSettings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { startProgram, type Program } from '../program.ts'
import { ageConversations } from './age-conversations.ts'
import { usageOf } from './cards.ts'
import { reachDatabase } from './reach-database.ts'
import { signalled } from './signalled.ts'
import { languageOf, type Language } from './terminal.ts'
import { wordsOf } from './words-of.ts'

/** Proves that a folder is the demo's own: what lies there may be thrown away. */
const MARK = 'this-is-a-demo'
const PASSWORD = 'one window for all'

export async function demo(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const began = performance.now()
  const settings = readSettings({ ...env, PARLEY_DATA: env.PARLEY_DATA ?? 'data-demo' })
  const language = wishedLanguage(args, env)
  const story = language === 'ru' ? russian : english
  await emptyFolder(settings.dataDir)
  const stopped = signalled()
  const log = openLog({ level: settings.logLevel, write: (line) => process.stderr.write(line) })
  let program: Program | undefined
  const playground = await startPlayground({
    port: settings.port === 0 ? 0 : settings.port + 1,
    people: story.people,
    language,
    // The port 0 is any free one, known once Parley listens.
    parley: {
      url: () => program?.url ?? `http://${settings.host}:${settings.port}`,
      email: story.owner.email,
      password: PASSWORD,
    },
  })
  const reached = await reachDatabase(settings, { beside: false, say: (sentence) => log.warn(sentence) })
  try {
    const privateHosts = [...settings.privateHosts, ...playground.hosts]
    program = await startProgram({ ...settings, privateHosts }, reached.programUrl, log)
    await openShop(program, playground, story, language)
    console.log(`Parley is ready at ${program.url}`)
    console.log(`Sign in as ${story.owner.email}, password: ${PASSWORD}`)
    console.log(`The phones are at ${playground.url} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
    await stopped
  } finally {
    await program?.stop()
    await playground.close()
    await reached.stop()
  }
}

async function openShop({ database, url }: Program, playground: Playground, story: Story, language: 'en' | 'ru') {
  const owner = { ...story.owner, password: PASSWORD, language }
  const { workspace, member } = await createWorkspace(database, story.shop, owner)
  const parley = await signInTo(url!, story.owner.email, PASSWORD)
  const members = new Map<string, MemberId>([['owner', member]])
  for (const { key, name, email } of story.colleagues) {
    const { id } = await parley(createMember, { body: { name, email, password: PASSWORD, role: 'agent' } })
    members.set(key, id)
  }
  const channels = await connect(playground, parley, language, url!)
  const told = await tellStory(story, { parley, channels, members })
  await ageConversations(database, workspace, told)
}

/** A channel for each messenger of the page; the shop's site carries the visitors' chat. */
async function connect(playground: Playground, parley: ParleyClient, language: 'en' | 'ru', url: string) {
  const channels = []
  for (const network of playground.networks.values()) {
    const { folder, look, emulator, manifest } = network
    const given = emulator.settings as Record<string, unknown>
    const isSite = look.kind === 'site'
    const settings = isSite ? { ...given, origins: [...(given.origins as string[]), playground.url] } : given
    const channel = await parley(createChannel, {
      body: { connector: folder, name: manifest.name[language], settings },
    })
    emulator.meets?.(channel.webhookUrl!)
    if (isSite) playground.putChatOnShop({ script: `${url}/widget/chat.js`, channel: channel.id })
    channels.push({ network, channel: channel.id })
  }
  return channels
}

/** @throws StartFailure when the folder holds something that is not a demo's */
async function emptyFolder(folder: string): Promise<void> {
  const there = await readdir(folder).catch((): string[] => [])
  if (there.length > 0 && !there.includes(MARK))
    throw new StartFailure(
      `${folder} holds data that no demo made. The demo begins anew each time: give it a folder of its own in PARLEY_DATA, or leave PARLEY_DATA out.`,
    )
  await rm(folder, { recursive: true, force: true })
  await makeFolder(folder)
  await writeFile(join(folder, MARK), 'Everything in this folder is thrown away when a demo starts.\n')
}

/** `--language ru`, else the terminal's. */
function wishedLanguage(args: string[], env: NodeJS.ProcessEnv): Language {
  const { language } = wordsOf('demo', args, { language: { type: 'string' } }).values
  if (language === undefined) return languageOf(env)
  if (language !== 'en' && language !== 'ru')
    throw new StartFailure(`The demo speaks en and ru. It goes: ${usageOf('demo')}`)
  return language
}
