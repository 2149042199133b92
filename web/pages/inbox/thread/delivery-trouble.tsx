import { Button, Group } from '@mantine/core'
import { IconAlertCircle, IconQuestionMark } from '@tabler/icons-react'
import type { DeliveryView, RoadOption } from '#contract/calls/conversations.ts'
import type { DeliveryId, IdentityId } from '#contract/ids.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { reasonWords } from './delivery-words.ts'
import css from './message.module.css'

export interface TroubleActs {
  resend(delivery: DeliveryId, via?: IdentityId): void
  settle(delivery: DeliveryId, arrived: boolean): void
}

export interface DeliveryTroubleProps extends TroubleActs {
  delivery: DeliveryView
  /** Other roads that can be taken now. */
  roads: readonly RoadOption[]
  isBusy: boolean
}

/** Offered in the order of their keys: 1, 2, 3. */
export const MOST_WAYS = 3

/** A failure speaks: what happened, who can mend it, and ways out in the same place. */
export function DeliveryTrouble({ delivery, roads, isBusy, resend, settle }: DeliveryTroubleProps) {
  const { networkName, may } = useDirectory()
  const t = useWords('inbox')
  const { title, next, theirs } = reasonWords(delivery.reason, delivery.hint)
  const isMaybe = delivery.state === 'unconfirmed'
  const others = roads
    .filter((road) => road.cannot === null && road.identity !== delivery.identity)
    .slice(0, MOST_WAYS - 1)
  return (
    <div
      className={isMaybe ? css.maybeBox : css.trouble}
      role="group"
      aria-label={isMaybe ? t('state.unconfirmed') : title}
    >
      <p className={css.troubleTitle}>
        {isMaybe ? <IconQuestionMark size={16} aria-hidden /> : <IconAlertCircle size={16} aria-hidden />}
        {delivery.op === 'message' ? null : <span>{t(`op.${delivery.op}`)}</span>}
        {isMaybe ? t('thread:trouble.maybe') : title}
      </p>
      <p>{isMaybe ? t('thread:trouble.maybeNext') : next}</p>
      {delivery.parts && <p>{t('thread:trouble.parts', delivery.parts)}</p>}
      {theirs && <p className={css.theirs}>{t('thread:trouble.theirs', { words: theirs })}</p>}
      {may('message.send') && (
        <Group gap={6} mt={6} className={css.ways!}>
          <Button
            size="compact-sm"
            disabled={isBusy}
            color={isMaybe ? 'yellow' : 'red.9'}
            autoContrast
            variant="filled"
            onClick={() => resend(delivery.id)}
          >
            {isMaybe
              ? t('thread:trouble.resendMaybe')
              : t(delivery.parts ? 'thread:trouble.resendRest' : 'thread:trouble.resend')}
          </Button>
          {!isMaybe &&
            others.map((road) => (
              <Button
                key={`${road.identity} ${road.channel}`}
                size="compact-sm"
                variant="default"
                disabled={isBusy}
                onClick={() => resend(delivery.id, road.identity)}
              >
                {t('thread:trouble.by', { network: networkName(road.network), address: road.address })}
              </Button>
            ))}
          {isMaybe ? (
            <>
              <Button size="compact-sm" variant="default" disabled={isBusy} onClick={() => settle(delivery.id, true)}>
                {t('thread:trouble.arrived')}
              </Button>
              <Button size="compact-sm" variant="default" disabled={isBusy} onClick={() => settle(delivery.id, false)}>
                {t('thread:trouble.notArrived')}
              </Button>
            </>
          ) : (
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              disabled={isBusy}
              onClick={() => settle(delivery.id, false)}
            >
              {t('thread:trouble.seenTo')}
            </Button>
          )}
        </Group>
      )}
    </div>
  )
}
