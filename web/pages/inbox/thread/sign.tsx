import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconDots, IconQuestionMark } from '@tabler/icons-react'
import type { DeliveryView } from '#contract/calls/conversations.ts'
import css from './message.module.css'

/** How far a message came, as a sign alone: the row of the list draws it, without the words of the thread. */
export function Sign({ state, size = 15 }: { state: DeliveryView['state'] | 'saving'; size?: number }) {
  switch (state) {
    case 'saving':
    case 'queued':
      return <IconClock size={size} aria-hidden />
    case 'sending':
      return <IconDots size={size} aria-hidden className={css.moving} />
    case 'sent':
      return <IconCheck size={size} aria-hidden />
    case 'delivered':
      return <IconChecks size={size} aria-hidden />
    case 'read':
      return <IconChecks size={size} stroke={3} aria-hidden />
    case 'failed':
      return <IconAlertCircle size={size} aria-hidden />
    case 'unconfirmed':
      return (
        <span className={css.maybe}>
          <IconCheck size={size} aria-hidden />
          <IconQuestionMark size={size - 4} stroke={3} aria-hidden />
        </span>
      )
  }
}
