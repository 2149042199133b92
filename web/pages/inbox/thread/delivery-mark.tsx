import { Tooltip } from '@mantine/core'
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconDots, IconQuestionMark } from '@tabler/icons-react'
import type { DeliveryView } from '#contract/calls/conversations.ts'
import { useDirectory } from '../directory.tsx'
import { stateWords } from './delivery-words.ts'
import css from './message.module.css'

/** The tick of a delivery: a fact with words and a time, never by colour alone. */
export function DeliveryMark({ delivery }: { delivery: DeliveryView }) {
  const { abilitiesOf, language } = useDirectory()
  const words = stateWords(delivery, abilitiesOf(delivery.channel), language)
  return (
    <Tooltip label={words} multiline maw={280}>
      <span className={css.mark} data-state={delivery.state} role="img" aria-label={words} tabIndex={0}>
        <Sign state={delivery.state} />
      </span>
    </Tooltip>
  )
}

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
