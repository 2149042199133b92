/** What can be done with a message, as calls whose answers go into the thread at once. */
import { useMemo, useState } from 'react'
import {
  cancelDelivery,
  deleteMessage,
  fetchFileAgain,
  reactToMessage,
  resendDelivery,
  settleDelivery,
  type MessageView,
} from '#contract/calls/conversations.ts'
import { call } from '../../../app/call.ts'
import { tellFailure } from '../../../app/tell.ts'
import type { MessageActs } from './message.tsx'
import { keepAnswer } from './use-thread.ts'

export interface OwnActs extends Pick<MessageActs, 'jump' | 'reply' | 'edit'> {
  /** A deletion is asked first. */
  remove(message: MessageView): void
  /** It did not leave. */
  back(message: MessageView): void
}

export function useMessageActs({ jump, reply, edit, remove, back }: OwnActs): { acts: MessageActs; isBusy: boolean } {
  const [running, setRunning] = useState(0)
  const acts = useMemo<MessageActs>(() => {
    const run = async (asked: Promise<MessageView>, then?: (message: MessageView) => void) => {
      setRunning((before) => before + 1)
      try {
        await keepAnswer(asked)
        then?.(await asked)
      } catch (error) {
        tellFailure(error)
      } finally {
        setRunning((before) => before - 1)
      }
    }
    return {
      jump,
      reply,
      edit,
      remove,
      react: (id, emoji) => void run(call(reactToMessage, { params: { id }, body: { emoji } })),
      resend: (id, via) => void run(call(resendDelivery, { params: { id }, body: via ? { via } : {} })),
      settle: (id, arrived) => void run(call(settleDelivery, { params: { id }, body: { arrived } })),
      cancel: (id) => void run(call(cancelDelivery, { params: { id } }), back),
      fetchAgain: (id, part) => void run(call(fetchFileAgain, { params: { id, part } })),
    }
  }, [jump, reply, edit, remove, back])
  return { acts, isBusy: running > 0 }
}

export const deleteIt = async (message: MessageView): Promise<void> => {
  try {
    await keepAnswer(call(deleteMessage, { params: { id: message.id } }))
  } catch (error) {
    tellFailure(error)
  }
}
