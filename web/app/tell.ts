/** Short words at the edge of the screen: what was done, with an undo where there is one, or what went wrong and what to do. */
import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import { CallFailed } from './call.ts'
import { wordsOfFailure } from './failures.ts'
import { TellBody } from './tell-body.tsx'
import { wordsIn } from './words.ts'

const DONE_MS = 4_000
const UNDO_MS = 8_000
const FAILED_MS = 10_000

export interface Told {
  /** Ready words, in the member's language. */
  readonly words: string
  readonly undo?: () => void
  /** One place: a later word with the same id replaces the earlier. */
  readonly id?: string
}

export function tell({ words, undo, id }: Told): void {
  const key = id ?? `told-${Date.now()}`
  notifications.hide(key)
  notifications.show({
    id: key,
    message: createElement(TellBody, { words, ...(undo ? { undo } : {}), close: () => notifications.hide(key) }),
    autoClose: undo ? UNDO_MS : DONE_MS,
    withBorder: true,
    closeButtonProps: closing(),
  })
}

/** Says what failed in words; a sign-out is told by the session, not here. */
export function tellFailure(error: unknown): void {
  if (error instanceof CallFailed && error.code === 'signed_out') return
  const { title, next } = wordsOfFailure(error)
  notifications.show({
    title,
    message: next,
    color: 'red',
    autoClose: FAILED_MS,
    withBorder: true,
    closeButtonProps: closing(),
  })
}

const closing = () => ({ 'aria-label': wordsIn('app')('close') })
