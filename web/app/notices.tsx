/** What `tell.ts` draws with; fetched behind the page, see `surroundings.tsx`. */
import { Notifications, notifications } from '@mantine/notifications'
import { wordsOfFailure } from './failures.ts'
import { TellBody } from './tell-body.tsx'
import type { Told } from './tell.ts'
import { wordsIn } from './words.ts'

const DONE_MS = 4_000
const UNDO_MS = 7_000
const FAILED_MS = 10_000

export const Notices = () => <Notifications position="bottom-right" limit={4} containerWidth={380} />

export function showTold({ words, undo, id }: Told): void {
  const key = id ?? `told-${Date.now()}`
  notifications.hide(key)
  notifications.show({
    id: key,
    message: <TellBody words={words} {...(undo ? { undo } : {})} close={() => notifications.hide(key)} />,
    autoClose: undo ? UNDO_MS : DONE_MS,
    withBorder: true,
    closeButtonProps: closing(),
  })
}

export function showFailure(error: unknown): void {
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
