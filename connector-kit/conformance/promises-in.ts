/** Abilities are true, they to us: what a person does on the phone is heard, as what it is, once. */
import { expect } from 'vitest'
import { MEDIA_KINDS, plain, type Content, type MediaKind, type Part } from '#contract/message/content.ts'
import type { Connector } from '../connector.ts'
import { sampleFile } from '../emulator/sample-files.ts'
import { hearsAlbums, isAlbum } from './claims.ts'
import { hasPart, isMessage, lastSeen, wordsIn, type KitPromise, type Stage } from './stage.ts'

export function promisesIn({ abilities, manifest }: Connector): KitPromise[] {
  const { media = {}, parts = {}, choices = {} } = abilities
  const saying = SAYABLE
  return [
    { name: 'text in', keep: text },
    ...MEDIA_KINDS.filter((kind) => media[kind]?.in).map((kind): KitPromise => ({
      name: `${kind} in`,
      keep: (stage) => medium(stage, kind),
    })),
    ...(hearsAlbums(media) ? [{ name: 'album in', keep: album }] : []),
    ...(['location', 'contact', 'poll', 'order'] as const)
      .filter((kind) => parts[kind]?.in && saying[kind])
      .map((kind): KitPromise => ({ name: `${kind} in`, keep: (stage) => wordless(stage, saying[kind]!) })),
    ...(choices.buttons || choices.list ? [{ name: 'press in', keep: press }] : []),
    ...(abilities.subject?.in ? [{ name: 'subject in', keep: subject }] : []),
    ...(abilities.reply?.in ? [{ name: 'reply in', keep: reply }] : []),
    ...(abilities.edit?.in ? [{ name: 'edit in', keep: edit }] : []),
    ...(abilities.delete?.in ? [{ name: 'delete in', keep: remove }] : []),
    ...(abilities.reaction?.in ? [{ name: 'reaction in', keep: react }] : []),
    ...(abilities.typing?.in ? [{ name: 'typing in', keep: typing }] : []),
    ...(abilities.receipts?.read ? [{ name: 'read in', keep: read }] : []),
    ...(manifest.links?.token ? [{ name: 'proof token in', keep: token }] : []),
  ]
}

async function text(stage: Stage): Promise<void> {
  const { ann, us, chat } = stage
  const words = 'Привет 👩‍👩‍👧 <b>&amp;</b>\nsecond line'
  const ref = await ann.say(plain(words))
  const heard = await us.hear(isMessage((content) => wordsIn(content) === words))
  expect(heard.ref).toEqual(ref)
  expect(heard.ref.chat).toBe(chat)
  expect(heard.by).toMatchObject({ id: ann.id })
  expect(heard.by.self).toBeUndefined()
  expect(Math.abs(heard.at.getTime() - Date.now())).toBeLessThan(60_000)
}

const TYPES: Record<MediaKind, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  voice: 'audio/ogg',
  file: 'application/pdf',
  sticker: 'image/webp',
}

async function medium({ connector, ann, us }: Stage, kind: MediaKind): Promise<void> {
  const { caption: longest, types } = connector.abilities.media![kind]!
  const type = types.includes('*') || types.includes(TYPES[kind]) ? TYPES[kind] : types[0]!.replace('/*', '/png')
  const caption = longest === undefined ? undefined : { text: 'look', entities: [] }
  const bytes = sampleFile(type)
  const source = { remote: `data:${type};base64,${bytes.toString('base64')}` }
  const part = { kind, source, type, name: `a.${type.split('/')[1]}`, ...(caption ? { caption } : {}) }
  await ann.say({ parts: [(kind === 'video' ? { ...part, look: 'plain' } : part) as Part] })
  const heard = await us.hear(hasPart(kind))
  const got = heard.content.parts.find((each) => each.kind === kind) as Extract<Part, { kind: MediaKind }>
  if (caption) expect(JSON.stringify(heard.content)).toContain('look')
  // Media are lazy: the bytes come when they are asked for, and are the same.
  const came = 'remote' in got.source ? await us.bytesOf(heard, got.source.remote) : null
  if (came) expect(came.equals(bytes)).toBe(true)
}

async function album({ ann, us }: Stage): Promise<void> {
  const type = 'image/jpeg'
  const source = { remote: `data:${type};base64,${sampleFile(type).toString('base64')}` }
  await ann.say({ parts: [1, 2, 3].map(() => ({ kind: 'image', source, type })) })
  const items = () => us.heard.flatMap((incoming) => (incoming.is === 'message' && isAlbum(incoming) ? [incoming] : []))
  const pictures = () => items().flatMap(({ content }) => content.parts.map(({ kind }) => kind))
  await us.hear(() => pictures().length >= 3)
  expect(pictures()).toEqual(['image', 'image', 'image'])
  expect(new Set(items().map((item) => item.album)).size).toBe(1)
}

const SAYABLE: Partial<Record<Part['kind'], Part>> = {
  location: { kind: 'location', lat: 55.75, lon: 37.62 },
  contact: { kind: 'contact', name: 'Bo', phones: ['+79990000000'], emails: [] },
  poll: { kind: 'poll', question: 'When?', options: ['Today', 'Tomorrow'], many: false },
}

async function wordless({ ann, us }: Stage, part: Part): Promise<void> {
  await ann.say({ parts: [part] })
  const heard = await us.hear(hasPart(part.kind))
  expect(heard.content.parts[0]).toMatchObject(part)
}

async function press(stage: Stage): Promise<void> {
  const { us, ann, chat, connector } = stage
  const as = connector.abilities.choices!.buttons ? 'buttons' : 'list'
  const content: Content = {
    ...plain('Tea?'),
    choices: { as, rows: [[{ id: 'tea:yes', label: 'Yes', does: 'answer' }]], once: false },
  }
  await us.send({ do: 'message', chat, content })
  await ann.press('Yes')
  const heard = await us.hear((incoming) => incoming.is === 'press')
  expect(heard).toMatchObject({ is: 'press', chat, value: 'tea:yes', by: { id: ann.id } })
  await us.send({ do: 'answer', chat, press: (heard as { id: string }).id, text: 'Good' })
}

async function subject({ ann, us }: Stage): Promise<void> {
  await ann.say({ ...plain('about it'), subject: 'Вопрос о заказе' })
  const heard = await us.hear(isMessage((content) => wordsIn(content) === 'about it'))
  expect(heard.content.subject).toBe('Вопрос о заказе')
}

async function reply(stage: Stage): Promise<void> {
  const { us, ann, chat } = stage
  const sent = await us.send({ do: 'message', chat, content: plain('Tea or coffee?') })
  await ann.say(plain('tea'), lastSeen(stage).ref)
  const heard = await us.hear(isMessage((content) => wordsIn(content).startsWith('tea')))
  expect(sent.ids).toContain(heard.replyTo?.id)
}

async function edit({ ann, us }: Stage): Promise<void> {
  const ref = await ann.say(plain('firts'))
  await ann.edit(ref, plain('first'))
  const heard = await us.hear((incoming) => incoming.is === 'edit')
  expect(heard).toMatchObject({ target: ref, content: plain('first'), by: { id: ann.id } })
}

async function remove({ ann, us }: Stage): Promise<void> {
  const ref = await ann.say(plain('never said'))
  await ann.remove(ref)
  expect(await us.hear((incoming) => incoming.is === 'delete')).toMatchObject({ target: ref, by: { id: ann.id } })
}

async function react(stage: Stage): Promise<void> {
  const { us, ann, chat } = stage
  const sent = await us.send({ do: 'message', chat, content: plain('Thank you') })
  await ann.react(lastSeen(stage).ref, ['👍'])
  const heard = await us.hear((incoming) => incoming.is === 'reaction')
  expect(heard).toMatchObject({ target: { id: sent.ids[0] }, by: { id: ann.id } })
  expect(JSON.stringify(heard)).toContain('👍')
}

async function typing({ ann, us }: Stage): Promise<void> {
  await ann.typing()
  expect(await us.hear((incoming) => incoming.is === 'typing')).toMatchObject({ by: { id: ann.id } })
}

async function read(stage: Stage): Promise<void> {
  const { us, ann, chat } = stage
  await us.send({ do: 'message', chat, content: plain('Please read') })
  await ann.read()
  const heard = await us.hear((incoming) => incoming.is === 'status' && incoming.state === 'read')
  expect(heard).toMatchObject({ state: 'read' })
}

async function token({ emulator, us }: Stage): Promise<void> {
  const bo = emulator.phone('Bo')
  await bo.start('K7Q29XTMabcdefghijk-_1')
  const heard = await us.hear((incoming) => 'token' in incoming && incoming.token !== undefined)
  expect(heard).toMatchObject({ token: 'K7Q29XTMabcdefghijk-_1', by: { id: bo.id } })
}
