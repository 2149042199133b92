/** What `tell.ts` draws with; fetched behind the page, see `surroundings.tsx`. */
import { useMediaQuery } from '@mantine/hooks'
import { Notifications, notifications } from '@mantine/notifications'
import { wordsOfFailure } from './failures.ts'
import { TellBody } from './tell-body.tsx'
import type { Told } from './tell.ts'
import { wordsIn } from './words.ts'

const DONE_MS = 4_000
const UNDO_MS = 7_000
const FAILED_MS = 10_000

/** Where nobody writes: the composer and its buttons stand at the bottom, to the right of the list or over the whole width. */
export function Notices() {
  const isWide = useMediaQuery('(min-width: 1024px)', true, { getInitialValueInEffect: false })
  return (
    <Notifications
      position={isWide ? 'bottom-left' : 'top-center'}
      limit={4}
      containerWidth={isWide ? 340 : 380}
      {...(isWide ? { style: { marginInlineStart: RAIL_PX } } : {})}
    />
  )
}

const RAIL_PX = 56

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

export const hideTold = (id: string): void => void notifications.hide(id)

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
