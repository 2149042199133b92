import { memo } from 'react'
import { IconLock, IconRobot } from '@tabler/icons-react'
import type { MessageView, RoadOption } from '#contract/calls/conversations.ts'
import type { ContactId, DeliveryId, MessageId } from '#contract/ids.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import { OfferedChoices } from '../parts/choices.tsx'
import { Parts } from '../parts/part.tsx'
import { clockOf, dayAndClock, fullTime } from '../times.ts'
import { DeliveryMark } from './delivery-mark.tsx'
import { waitWords } from './state-words.ts'
import { DeliveryTrouble, type TroubleActs } from './delivery-trouble.tsx'
import { AppliedBadges } from './applied-badges.tsx'
import { Edited } from './edited.tsx'
import { MessageTools, type ToolActs } from './message-tools.tsx'
import { OnTheWay } from './on-the-way.tsx'
import { QuotedMessage } from './quoted-message.tsx'
import { Reactions } from './reactions.tsx'
import { isHeldBack, standingOf } from './thread-lines.ts'
import { UndoSend } from './undo-send.tsx'
import css from './message.module.css'

export interface MessageActs extends TroubleActs, ToolActs {
  jump(id: MessageId): void
  cancel(delivery: DeliveryId): void
  fetchAgain(message: MessageId, part: number): void
}

export interface MessageProps {
  message: MessageView
  /** Goes on from the one above: no name, no face. */
  joins: boolean
  quoted: MessageView | null
  /** Several people speak here: names are shown. */
  isRoom: boolean
  roads: readonly RoadOption[]
  acts: MessageActs
  isBusy: boolean
  /** The thread was opened at it. */
  /** Whose thread it is: one colour for one person, wherever they write. null in a room. */
  contact?: ContactId | null
  isAimed: boolean
  /** The keyboard stands on it. */
  isCurrent: boolean
  searched?: readonly string[]
}

/** One message as a block: who, what, when, and how far it came. */
export const Message = memo(function Message(props: MessageProps) {
  const { message, joins, isAimed, isCurrent } = props
  const side = message.direction === 'in' ? 'theirs' : message.direction === 'note' ? 'note' : 'ours'
  if (message.direction === 'event') return <EventLine message={message} />
  return (
    <div
      id={`message-${message.id}`}
      className={css.row}
      data-side={side}
      data-joins={joins || undefined}
      data-aimed={isAimed || undefined}
      data-current={isCurrent || undefined}
    >
      {side === 'theirs' && (
        <span className={css.faceColumn}>
          {!joins && (
            <Face
              name={message.author.name}
              id={props.contact ?? message.author.identity ?? message.id}
              avatar={null}
              size={28}
            />
          )}
        </span>
      )}
      <Bubble {...props} side={side} />
    </div>
  )
})

function Bubble({
  side,
  message,
  joins,
  quoted,
  isRoom,
  roads,
  acts,
  isBusy,
  searched,
}: MessageProps & { side: 'theirs' | 'ours' | 'note' }) {
  const { language, may, cardOfChannel, hold } = useDirectory()
  const t = useWords('inbox')
  const delivery = standingOf(message)
  const waits = delivery && waitWords(delivery, cardOfChannel(delivery.channel), language, hold)
  const isDeleted = message.deletedAt !== null
  const showsName = !joins && (side !== 'theirs' || isRoom || message.author.unverified)
  const troubles = message.deliveries.filter(
    (each) => (each.state === 'failed' || each.state === 'unconfirmed') && !each.settled,
  )
  const wasCancelled = delivery?.reason === 'cancelled'
  return (
    <article
      className={css.bubble}
      data-side={side}
      data-failed={troubles.length > 0 || undefined}
      aria-label={t(`message.${side}`, { name: message.author.name, at: fullTime(message.placed, language) })}
    >
      {showsName && <Author message={message} side={side} />}
      {message.forwarded && (
        <p className={css.aside}>
          {message.forwarded.name
            ? t('message.forwardedFrom', { name: message.forwarded.name })
            : t('message.forwarded')}
        </p>
      )}
      {message.content.answersTo && <Elsewhere side={side} to={message.content.answersTo.to} />}
      {message.replyTo && <QuotedMessage quoted={quoted} onJump={() => acts.jump(message.replyTo!)} />}
      {isDeleted ? (
        <p className={css.gone}>{side === 'theirs' ? t('message.deletedByThem') : t('message.deleted')}</p>
      ) : (
        <Parts
          content={message.content}
          message={message.id}
          fetchAgain={may('message.change') ? (part) => acts.fetchAgain(message.id, part) : undefined}
          {...(searched ? { searched } : {})}
        />
      )}
      {!isDeleted && message.content.choices && <OfferedChoices choices={message.content.choices} />}
      <Reactions message={message} onReact={acts.react} />
      <footer className={css.foot}>
        {message.late && <span className={css.late}>{t('message.late')}</span>}
        {delivery && <AppliedBadges applied={delivery.applied} />}
        {message.edited && !isDeleted && <Edited message={message} />}
        <OnTheWay message={message} />
        {wasCancelled && <span>{t('message.cancelled')}</span>}
        <Clock message={message} />
        {delivery && !wasCancelled && <DeliveryMark delivery={delivery} />}
      </footer>
      {waits && (
        <p className={css.aside} role="status">
          {waits}
        </p>
      )}
      {delivery && isHeldBack(delivery) && may('message.send') && (
        <UndoSend delivery={delivery} onCancel={() => acts.cancel(delivery.id)} />
      )}
      {troubles.map((each) => (
        <DeliveryTrouble
          key={each.id}
          delivery={each}
          roads={roads}
          isBusy={isBusy}
          resend={acts.resend}
          settle={acts.settle}
        />
      ))}
      {!isDeleted && <MessageTools message={message} delivery={delivery} acts={acts} />}
    </article>
  )
}

function Author({ message, side }: { message: MessageView; side: 'theirs' | 'ours' | 'note' }) {
  const { me } = useDirectory()
  const t = useWords('inbox')
  const { author } = message
  const name = author.member === me.id ? t('you') : author.name || (author.cause ? t('message.byRule') : '')
  return (
    <p className={css.author}>
      {side === 'note' && <IconLock size={13} aria-hidden />}
      {author.cause && <IconRobot size={14} aria-hidden />}
      <span dir="auto">
        {side !== 'note' ? name : author.member === me.id ? t('message.ownNote') : t('message.noteBy', { name })}
      </span>
      {author.unverified && <span className={css.unverified}>{t('message.unverified')}</span>}
    </p>
  )
}

/** A letter asked for answers at another address than its own, or an answer went there. Anybody can ask anything: so it is always said. */
function Elsewhere({ side, to }: { side: 'theirs' | 'ours' | 'note'; to: string }) {
  const t = useWords('inbox')
  return (
    <p className={css.aside} dir="auto">
      {t(side === 'theirs' ? 'message.answersTo' : 'message.wentTo', { to })}
    </p>
  )
}

function EventLine({ message }: { message: MessageView }) {
  return (
    <div className={css.event} id={`message-${message.id}`}>
      <span dir="auto">{message.author.name}</span> <Parts content={message.content} message={message.id} />
      <Clock message={message} />
    </div>
  )
}

/** What is read here and where it stands agree; when it came to us, if that was clearly later, is said beside it. */
function Clock({ message: { placed, at } }: { message: MessageView }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const stands = fullTime(placed, language)
  const came = fullTime(at, language)
  return (
    <>
      {new Date(at).getTime() - new Date(placed).getTime() >= LATER_MS && (
        <time dateTime={at}>{t('message.hereSince', { at: dayAndClock(at, language) })}</time>
      )}
      <time dateTime={placed} title={came === stands ? stands : t('message.cameAt', { at: stands, came })}>
        {clockOf(placed, language)}
      </time>
    </>
  )
}

/** Less is the way itself, or a clock that goes a little wrong. */
const LATER_MS = 5 * 60_000
