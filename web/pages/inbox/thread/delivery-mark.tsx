import { Tooltip } from '@mantine/core'
import type { DeliveryView } from '#contract/calls/conversations.ts'
import { useDirectory } from '../directory.tsx'
import css from './message.module.css'
import { Sign } from './sign.tsx'
import { stateWords } from './state-words.ts'

/** The tick of a delivery: a fact with words and a time, never by colour alone. */
export function DeliveryMark({ delivery }: { delivery: DeliveryView }) {
  const { abilitiesOf, hold, language } = useDirectory()
  const words = stateWords(delivery, abilitiesOf(delivery.channel), language, hold)
  return (
    <Tooltip label={words} multiline maw={280}>
      <span className={css.mark} data-state={delivery.state} role="img" aria-label={words} tabIndex={0}>
        <Sign state={delivery.state} />
      </span>
    </Tooltip>
  )
}
