/**
 * What did not leave, on its way back into the text box: whole, with what it replied to, and never into what is being written for others
 * to read. A refused message stays where it stands until there is room for it.
 */
import type { MessageView } from '#contract/calls/conversations.ts'
import type { ClientId, ConversationId, MessageId } from '#contract/ids.ts'
import { tell } from '../../../app/tell.ts'
import { wordsIn } from '../../../app/words.ts'
import { findMessage, shownBefore } from '../thread/use-thread.ts'
import { beingWritten } from './being-written.ts'
import { broughtBack, keptSubject } from './brought-back.ts'
import type { ComposeAsk } from './composer.tsx'
import { layIn } from './lay-in.ts'
import { takeBack, type Pending } from './outbox.ts'

export interface Back {
  readonly ask: ComposeAsk & Required<Pick<ComposeAsk, 'back'>>
  /** What it replied to. */
  readonly quoted: MessageView | null
}

/** Pressed twice, it comes back once. */
const taken = new Set<ClientId>()

/**
 * A send that was undone.
 * @param isHere  whether the text box is still there to take it; without it, it is laid in
 * @param isLetter  what the text box writes now: elsewhere a subject waits unseen, and is no part of what is written
 * @returns null where something is being written by now
 */
export async function backOfUndone(
  conversation: ConversationId,
  message: MessageView,
  isHere: () => boolean,
  isLetter: boolean,
): Promise<Back | null> {
  const quoted = await quotedIn(conversation, message.replyTo)
  const { kind, hasHead } = await beingWritten(conversation)
  if (kind !== null || (hasHead && isLetter)) return null
  const back = broughtBack(message.content, false)
  // A subject that nobody wrote is the server's to write.
  const head =
    back.head.subject === keptSubject(shownBefore(message), message) ? { ...back.head, subject: '' } : back.head
  return handedTo(isHere, conversation, {
    ask: { kind: 'reply', back: { ...back, head }, uploadedAt: null },
    quoted,
  })
}

/** @param isHere  whether the text box is still there to take it */
export async function backOfRefused(pending: Pending, isHere: () => boolean): Promise<Back | null> {
  const { clientId } = pending
  if (taken.has(clientId)) return null
  taken.add(clientId)
  const back = await takeRefused(pending, isHere)
  if (!back) taken.delete(clientId)
  return back
}

async function takeRefused(pending: Pending, isHere: () => boolean): Promise<Back | null> {
  const t = wordsIn('thread')
  const kind = pending.note ? 'note' : 'reply'
  const quoted = await quotedIn(pending.conversation, pending.replyTo ?? null)
  const written = await beingWritten(pending.conversation)
  if (!isHere()) return null
  if (written.kind !== null && written.kind !== kind) {
    tell({ words: t(`otherKind.${kind}`), id: 'inbox.back' })
    return null
  }
  if (!(await takeBack(pending.clientId))) {
    tell({ words: t('notHere'), id: 'inbox.back' })
    return null
  }
  const { refusedCopies = [], uploadedAt = Date.parse(pending.at) } = pending
  const back = broughtBack(pending, pending.note)
  const ask = { kind, back, refusedCopies, uploadedAt } as const
  return handedTo(isHere, pending.conversation, { ask, quoted })
}

function handedTo(isHere: () => boolean, conversation: ConversationId, back: Back): Back | null {
  if (isHere()) return back
  // Left while it was taken: by now it stands nowhere else.
  layIn(conversation, back.ask)
  return null
}

const quotedIn = async (conversation: ConversationId, id: MessageId | null) => id && findMessage(conversation, id)
