/** The phones on the page: for each messenger whose folder has an emulator, one emulator and the people who use it. */
import { existsSync } from 'node:fs'
import type { Emulator, Fault, Phone, SeenMessage, StartEmulator } from '#connector-kit/emulator/emulator.ts'
import { connectorFolders, loadConnector } from '#connector-kit/load.ts'
import type { Manifest } from '#connector-kit/connector.ts'
import { lookOf, type Look } from './looks.ts'

const CONNECTORS = new URL('../connectors/', import.meta.url)

export interface Network {
  readonly folder: string
  readonly manifest: Manifest
  readonly look: Look
  readonly emulator: Emulator
  /** Opened when first asked for. */
  phone(name: string): Phone
  /** What stands on the phone now. */
  screen(name: string): SeenMessage[]
  /** What stands on the phone now was said so long ago, a few minutes between two messages. */
  letPass(name: string, hours: number): void
  readonly people: string[]
  /** What can break there. */
  readonly troubles: Trouble[]
  /** What breaks now, until somebody ends it. */
  readonly broken: Set<Trouble>
  break(trouble: Trouble): void
  mend(): void
}

/** What the page's buttons break: the platform asks to slow down, is away, repeats itself, answers with a page, loses our answers. */
export const TROUBLES = {
  slow_down: { is: 'throttle', after: 10 },
  outage: { is: 'server_error', status: 503 },
  cut: { is: 'cut', when: 'after' },
  duplicate: { is: 'duplicate' },
  html: { is: 'html' },
} as const satisfies Record<string, Fault>
export type Trouble = keyof typeof TROUBLES

/** As `ageConversations` leaves between two messages of the inbox. */
const BETWEEN_MS = 3 * 60_000

/** These pass by themselves after one use; the others last until mended. */
const ONCE: readonly Trouble[] = ['slow_down', 'cut', 'duplicate']

export async function openPhones(options: {
  port: number
  people: readonly string[]
}): Promise<ReadonlyMap<string, Network>> {
  const folders = await connectorFolders(CONNECTORS)
  const able = folders.filter((folder) => existsSync(new URL(`${folder}/emulator.ts`, CONNECTORS)))
  const opened = await Promise.all(
    able.map((folder, index) => open(folder, options.port === 0 ? 0 : options.port + 1 + index * 2, options.people)),
  )
  return new Map(opened.map((network) => [network.folder, network]))
}

async function open(folder: string, port: number, names: readonly string[]): Promise<Network> {
  const { default: start } = (await import(new URL(`${folder}/emulator.ts`, CONNECTORS).href)) as {
    default: StartEmulator
  }
  const { manifest } = await loadConnector(CONNECTORS, folder)
  const emulator = await start({ port })
  const phones = new Map<string, Phone>()
  const broken = new Set<Trouble>()
  const people = [...names]
  /** Of each phone, by its messages in their order: milliseconds. */
  const passed = new Map<string, number[]>()
  const phone = (name: string): Phone => {
    const known = phones.get(name) ?? emulator.phone(name)
    phones.set(name, known)
    if (!people.includes(name)) people.push(name)
    return known
  }
  return {
    folder,
    manifest,
    look: lookOf(folder),
    emulator,
    people,
    phone,
    screen: (name) =>
      phone(name)
        .sees()
        .map((message, index) => ({ ...message, at: passed.get(name)?.[index] ?? message.at })),
    letPass: (name, hours) => {
      const last = Date.now() - hours * 3_600_000
      const { length } = phone(name).sees()
      passed.set(
        name,
        Array.from({ length }, (_, index) => last - (length - 1 - index) * BETWEEN_MS),
      )
    },
    troubles: (Object.keys(TROUBLES) as Trouble[]).filter((trouble) => !(TROUBLES[trouble].is in emulator.never)),
    broken,
    break: (trouble) => {
      emulator.fault(TROUBLES[trouble], ONCE.includes(trouble) ? 1 : Number.POSITIVE_INFINITY)
      if (!ONCE.includes(trouble)) broken.add(trouble)
    },
    mend: () => {
      emulator.calm()
      broken.clear()
    },
  }
}
