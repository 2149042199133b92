/** What each shared promise runs on: a fresh emulator, our channel signed in there, and Ann, who has written to us. */
import { expect } from 'vitest'
import { plain, type Content, type MediaPart, type Part } from '#contract/message/content.ts'
import type { Connector, Incoming, Sent } from '../connector.ts'
import type { Emulator, Phone, SeenMessage, StartEmulator } from '../emulator/emulator.ts'
import { signIn, type SignedIn, type Way } from './signed-in.ts'

export interface Stage {
  connector: Connector
  emulator: Emulator
  us: SignedIn
  ann: Phone
  /** Ann's chat with us. */
  chat: string
  say(content: Content): Promise<Sent>
  close(): Promise<void>
}

/** Names as in `claims.ts`, so that the report card can lay goldens and promises side by side. */
export interface KitPromise {
  name: string
  keep(stage: Stage): Promise<void>
}

export async function setStage(connector: Connector, startEmulator: StartEmulator, way: Way): Promise<Stage> {
  const emulator = await startEmulator()
  const us = await signIn(connector, emulator, way).catch(async (error: unknown) => {
    await emulator.close()
    throw error
  })
  const close = async () => {
    await us.close()
    await emulator.close()
  }
  try {
    const ann = emulator.phone('Ann Lee')
    await ann.start()
    await ann.say(plain('hello'))
    const hello = await us.hear(isMessage((content) => wordsIn(content) === 'hello'))
    const { chat } = hello.ref
    return { connector, emulator, us, ann, chat, say: (content) => us.send({ do: 'message', chat, content }), close }
  } catch (error) {
    await close()
    throw error
  }
}

type HeardMessage = Extract<Incoming, { is: 'message' }>

export const isMessage =
  (isIt: (content: Content) => boolean) =>
  (incoming: Incoming): incoming is HeardMessage =>
    incoming.is === 'message' && isIt(incoming.content)

export const hasPart = (kind: Part['kind']) => isMessage(({ parts }) => parts.some((part) => part.kind === kind))

export const wordsIn = ({ parts }: Content): string =>
  parts
    .map((part) => (part.kind === 'text' ? part.text : ''))
    .join('\n')
    .trim()

export const lastSeen = ({ ann }: Stage): SeenMessage => {
  const seen = ann.sees().findLast(({ from }) => from === 'us')
  if (!seen) throw new Error('nothing of ours is on the phone')
  return seen
}

/** `phone.sees()` shows exactly what was sent; of a medium also its bytes. */
export async function seesExactly(stage: Stage, content: Content, count = content.parts.length): Promise<void> {
  const seen = stage.ann
    .sees()
    .filter(({ from }) => from === 'us')
    .slice(-count)
    .flatMap(({ content: shown }) => shown.parts)
    // A letter's own page stands beside its text.
    .filter(({ kind }) => kind !== 'html')
  expect(seen.map(comparable)).toEqual(content.parts.map(comparable))
  for (const [index, part] of content.parts.entries()) {
    if (!('source' in part) || !('source' in seen[index]!)) continue
    const there = (seen[index] as MediaPart).source
    if ('remote' in there && /^(http|data):/.test(there.remote)) {
      const bytes = Buffer.from(await (await fetch(there.remote)).arrayBuffer())
      expect(bytes.equals(bytesOf.get(part)!)).toBe(true)
    }
  }
}

/** What a platform may not change; sizes and durations it finds out by itself. */
function comparable(part: Part): object {
  switch (part.kind) {
    case 'text':
      return { kind: part.kind, text: part.text.trim(), entities: part.entities }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'file':
    case 'sticker':
      return { kind: part.kind, type: part.type, caption: part.caption?.text ? part.caption : undefined }
    case 'contact':
      return { kind: part.kind, name: part.name, phones: part.phones }
    case 'location': {
      const { kind, lat, lon, title, address } = part
      return { kind, lat, lon, title, address }
    }
    case 'poll':
    case 'link':
    case 'order':
    case 'call':
    case 'event':
    case 'template':
    case 'html':
    case 'unknown':
      return part
  }
}

/** The bytes behind the parts that `aMedium` made. */
const bytesOf = new WeakMap<Part, Buffer>()

export function aMedium({ us }: Stage, part: Omit<MediaPart, 'source'>, bytes: Buffer): MediaPart {
  const name = part.name ?? `${part.kind}.${part.type.split('/')[1]}`
  const made = { ...part, name, bytes: bytes.length, source: us.file({ bytes, type: part.type, name }) } as MediaPart
  bytesOf.set(made, bytes)
  return made
}
