/** Abilities are true, we to them: an op at its limit succeeds and the phone sees exactly it; one more is refused by the platform. */
import { expect } from 'vitest'
import type { Abilities, MediaAbility } from '#contract/message/abilities.ts'
import {
  MEDIA_KINDS,
  plain,
  type Choice,
  type Content,
  type EntityKind,
  type MediaKind,
  type Part,
} from '#contract/message/content.ts'
import { sampleFile } from '../emulator/sample-files.ts'
import { SendError } from '../send-error.ts'
import { aMedium, isMessage, lastSeen, seesExactly, wordsIn, type KitPromise, type Stage } from './stage.ts'

/** `text.max`, `image.caption`, `buttons.value` … */
export type LimitName = string

export interface OutOptions {
  /** Limits that are ours and not the platform's, each with its reason: one more is not refused there. */
  ours: Readonly<Record<LimitName, string>>
}

export function promisesOut(abilities: Abilities, { ours }: OutOptions): KitPromise[] {
  const isTheirs = (limit: LimitName) => !(limit in ours)
  const { media = {}, parts = {}, choices = {} } = abilities
  const measured = new Set<number>()
  return [
    { name: 'text out', keep: (stage) => texts(stage, isTheirs) },
    ...(Object.entries(abilities.text.marks) as [EntityKind, string][]).map(([mark, level]): KitPromise => ({
      name: `${mark} out`,
      keep: (stage) => marked(stage, mark, level === 'full'),
    })),
    ...MEDIA_KINDS.flatMap((kind): KitPromise[] => {
      const able = media[kind]
      if (!able?.out) return []
      // Large files are slow: each size is tried once.
      const isNew = !measured.has(able.bytes)
      measured.add(able.bytes)
      return [
        { name: `${kind} out`, keep: (stage) => media_(stage, kind, able, { isTheirs, isNew }) },
        ...(able.album === undefined
          ? []
          : [{ name: `album of ${kind} out`, keep: (stage: Stage) => album(stage, kind, able, isTheirs) }]),
      ]
    }),
    ...(['location', 'contact', 'poll', 'order'] as const)
      .filter((kind) => parts[kind]?.out)
      .map((kind): KitPromise => ({ name: `${kind} out`, keep: (stage) => wordless(stage, kind) })),
    ...(['buttons', 'keyboard', 'list'] as const)
      .filter((kind) => choices[kind])
      .map((kind): KitPromise => ({ name: `${kind} out`, keep: (stage) => offered(stage, kind, isTheirs) })),
    ...(abilities.subject?.out ? [{ name: 'subject out', keep: subject }] : []),
    ...(abilities.reply?.out ? [{ name: 'reply out', keep: reply }] : []),
    ...(abilities.edit?.out ? [{ name: 'edit out', keep: edit }] : []),
    ...(abilities.delete?.out ? [{ name: 'delete out', keep: takeBack }] : []),
    ...(abilities.reaction?.out ? [{ name: 'reaction out', keep: (stage: Stage) => react(stage, isTheirs) }] : []),
    ...(abilities.typing?.out ? [{ name: 'typing out', keep: typing }] : []),
    ...(abilities.receipts?.markRead ? [{ name: 'read out', keep: markRead }] : []),
  ]
}

const refusedThere = async (work: Promise<unknown>): Promise<void> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  // Anything else: one more than the limit went through.
  expect(error).toBeInstanceOf(SendError)
  expect(['content_refused', 'refused']).toContain((error as SendError).code)
}

// ---------------------------------------------------------------- words

async function texts(stage: Stage, isTheirs: (limit: LimitName) => boolean): Promise<void> {
  const { max } = stage.connector.abilities.text
  const said = plain('Привет, Ann! 👩‍👩‍👧 <b>&amp;</b> *_`')
  const sent = await stage.say(said)
  expect(sent.ids.length > 0 || sent.pending).toBeTruthy()
  await seesExactly(stage, said)
  const longest = plain('x'.repeat(max))
  await stage.say(longest)
  await seesExactly(stage, longest)
  if (isTheirs('text.max')) await refusedThere(stage.say(plain('x'.repeat(max + 1))))
}

const VALUES: Partial<Record<EntityKind, string>> = { link: 'https://shop.example/a?b=1&c=2', pre: 'python' }

async function marked(stage: Stage, kind: EntityKind, isFull: boolean): Promise<void> {
  const text = 'before inside after'
  const value = kind === 'mention' ? stage.ann.id : VALUES[kind]
  const content: Content = {
    parts: [{ kind: 'text', text, entities: [{ kind, offset: 7, length: 6, ...(value ? { value } : {}) }] }],
  }
  await stage.say(content)
  if (isFull) return seesExactly(stage, content)
  // A loss that the connector names: never of a word.
  expect(wordsIn(lastSeen(stage).content).replaceAll(/[^a-z ]/g, '')).toContain('inside')
}

async function subject(stage: Stage): Promise<void> {
  const content = { ...plain('with a subject'), subject: 'Ваш заказ № 7 — готов' }
  await stage.say(content)
  await seesExactly(stage, content)
  expect(lastSeen(stage).content.subject).toBe(content.subject)
}

// ---------------------------------------------------------------- parts

const typesOf = ({ types }: MediaAbility): string[] =>
  types.map((type) => (type === '*' ? 'application/pdf' : type.replace('/*', '/png')))

async function media_(
  stage: Stage,
  kind: MediaKind,
  able: MediaAbility,
  { isTheirs, isNew }: { isTheirs: (limit: LimitName) => boolean; isNew: boolean },
): Promise<void> {
  const [type = 'application/pdf', ...others] = typesOf(able)
  const one = (bytes: Buffer, more: object = {}): Content => ({
    parts: [aMedium(stage, { kind, type, ...(kind === 'video' ? { look: 'plain' } : {}), ...more } as never, bytes)],
  })
  const small = one(sampleFile(type))
  await stage.say(small)
  await seesExactly(stage, small)
  for (const other of others) await stage.say(one(sampleFile(other), { type: other }))
  if (able.caption !== undefined) {
    const longest = one(sampleFile(type), { caption: { text: 'c'.repeat(able.caption), entities: [] } })
    await stage.say(longest)
    await seesExactly(stage, longest)
    const over = one(sampleFile(type), { caption: { text: 'c'.repeat(able.caption + 1), entities: [] } })
    if (isTheirs(`${kind}.caption`)) await refusedThere(stage.say(over))
  }
  if (!isNew) return
  const largest = one(sampleFile(type, able.bytes))
  await stage.say(largest)
  await seesExactly(stage, largest)
  if (isTheirs(`${kind}.bytes`)) await refusedThere(stage.say(one(sampleFile(type, able.bytes + 1))))
}

async function album(
  stage: Stage,
  kind: MediaKind,
  able: MediaAbility,
  isTheirs: (limit: LimitName) => boolean,
): Promise<void> {
  const [type = 'application/pdf'] = typesOf(able)
  const items = (count: number): Content => ({
    parts: Array.from({ length: count }, () =>
      aMedium(stage, { kind, type, ...(kind === 'video' ? { look: 'plain' } : {}) } as never, sampleFile(type)),
    ),
  })
  const most = items(able.album!)
  await stage.say(most)
  await seesExactly(stage, most)
  if (isTheirs(`${kind}.album`)) await refusedThere(stage.say(items(able.album! + 1)))
}

const WORDLESS = {
  location: { kind: 'location', lat: 55.75, lon: 37.62, title: 'Shop', address: 'Street 1' },
  contact: { kind: 'contact', name: 'Bo', phones: ['+79990000000'], emails: [] },
  poll: { kind: 'poll', question: 'When?', options: ['Today', 'Tomorrow'], many: false },
  order: { kind: 'order', items: [{ sku: 'a', name: 'Tea', quantity: 2, minor: 250, currency: 'EUR' }] },
} as const satisfies Record<string, object>

async function wordless(stage: Stage, kind: keyof typeof WORDLESS): Promise<void> {
  const content: Content = { parts: [structuredClone(WORDLESS[kind]) as unknown as Part] }
  await stage.say(content)
  await seesExactly(stage, content)
  if (kind !== 'location') return
  const bare: Content = { parts: [{ kind: 'location', lat: -33.9, lon: 18.4 }] }
  await stage.say(bare)
  await seesExactly(stage, bare)
}

// ---------------------------------------------------------------- choices

async function offered(
  stage: Stage,
  as: 'buttons' | 'keyboard' | 'list',
  isTheirs: (limit: LimitName) => boolean,
): Promise<void> {
  const able = stage.connector.abilities.choices![as]!
  const choice = (id: string, label = `Label ${id}`): Choice => ({ id, label, does: 'answer' })
  const offer = (rows: Choice[][]): Content => ({ ...plain('Choose'), choices: { as, rows, once: false } })
  const labelsSeen = () => lastSeen(stage).content.choices?.rows.map((row) => row.map(({ label }) => label))
  const shown = async (rows: Choice[][]) => {
    await stage.say(offer(rows))
    expect(labelsSeen()).toEqual(rows.map((row) => row.map(({ label }) => label)))
  }
  const many = (count: number, perRow: number): Choice[][] => {
    const all = Array.from({ length: count }, (_, index) => choice(String(index)))
    return Array.from({ length: Math.ceil(count / perRow) }, (_, row) => all.slice(row * perRow, (row + 1) * perRow))
  }
  await shown(many(Math.min(able.max, able.perRow), able.perRow))
  await shown(many(able.max, able.perRow))
  await shown([[choice('v'.repeat(able.value), 'l'.repeat(able.label))]])
  if (able.links) await shown([[{ id: 'l', label: 'Site', does: 'link', value: 'https://shop.example/' }]])
  if (isTheirs(`${as}.max`)) await refusedThere(stage.say(offer(many(able.max + 1, able.perRow))))
  if (isTheirs(`${as}.perRow`)) await refusedThere(stage.say(offer(many(able.perRow + 1, able.perRow + 1))))
  if (isTheirs(`${as}.label`)) await refusedThere(stage.say(offer([[choice('x', 'l'.repeat(able.label + 1))]])))
  if (isTheirs(`${as}.value`)) await refusedThere(stage.say(offer([[choice('v'.repeat(able.value + 1), 'Long')]])))
}

// ---------------------------------------------------------------- acts

async function reply(stage: Stage): Promise<void> {
  const ref = await stage.ann.say(plain('how much?'))
  const heard = await stage.us.hear(isMessage((content) => wordsIn(content) === 'how much?'))
  await stage.us.send({ do: 'message', chat: stage.chat, content: plain('ten'), replyTo: heard.ref })
  expect(lastSeen(stage).replyTo).toEqual(ref)
}

async function oursThere(stage: Stage, text: string) {
  const sent = await stage.say(plain(text))
  return { chat: sent.chat ?? stage.chat, id: sent.ids[0]! }
}

async function edit(stage: Stage): Promise<void> {
  const target = await oursThere(stage, 'first words')
  await stage.us.send({ do: 'edit', chat: stage.chat, target, content: plain('second words') })
  expect(lastSeen(stage)).toMatchObject({ edited: true, content: { parts: [{ text: 'second words' }] } })
  // A repeat is not seen twice, nor refused.
  await stage.us.send({ do: 'edit', chat: stage.chat, target, content: plain('second words') })
  expect(stage.ann.sees().filter(({ from }) => from === 'us')).toHaveLength(1)
}

async function takeBack(stage: Stage): Promise<void> {
  const target = await oursThere(stage, 'never said')
  await stage.us.send({ do: 'delete', chat: stage.chat, target, forAll: true })
  expect(stage.ann.sees().some(({ from, content }) => from === 'us' && wordsIn(content) === 'never said')).toBe(false)
}

async function react(stage: Stage, isTheirs: (limit: LimitName) => boolean): Promise<void> {
  const { perPerson, only = ['👍', '🎉', '🔥', '😁'] } = stage.connector.abilities.reaction!
  await stage.ann.say(plain('look'))
  const heard = await stage.us.hear(isMessage((content) => wordsIn(content) === 'look'))
  const reactions = () => stage.ann.sees().findLast(({ from }) => from === 'them')!.reactions
  const set = only.slice(0, Math.min(perPerson, 3))
  await stage.us.send({ do: 'react', chat: stage.chat, target: heard.ref, emoji: set })
  expect(reactions()).toEqual(set)
  await stage.us.send({ do: 'react', chat: stage.chat, target: heard.ref, emoji: [] })
  expect(reactions()).toEqual([])
  const over = Array.from({ length: perPerson + 1 }, (_, index) => only[index % only.length]!)
  if (isTheirs('reaction.perPerson') && perPerson < only.length)
    await refusedThere(stage.us.send({ do: 'react', chat: stage.chat, target: heard.ref, emoji: over }))
}

async function typing(stage: Stage): Promise<void> {
  for (const kind of ['text', 'voice', 'file', 'stop'] as const)
    await stage.us.send({ do: 'typing', chat: stage.chat, kind })
  expect(stage.ann.sees().filter(({ from }) => from === 'us')).toEqual([])
}

async function markRead(stage: Stage): Promise<void> {
  const heard = await stage.us.hear(isMessage((content) => wordsIn(content) === 'hello'))
  await stage.us.send({ do: 'read', chat: stage.chat, upTo: heard.ref })
}
