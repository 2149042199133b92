import type { MessageView } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import { Sign } from './sign.tsx'
import { changesOnTheWay } from './thread-lines.ts'
import css from './message.module.css'

/** What is being done to a message there, until the network has answered; a failure is told by `DeliveryTrouble`. */
export function OnTheWay({ message }: { message: MessageView }) {
  const t = useWords('inbox')
  return changesOnTheWay(message).map(({ id, op, state }) => (
    <span key={id} className={css.onTheWay} role="status">
      <Sign state={state} size={13} /> {t(`onTheWay.${op}`)}
    </span>
  ))
}
