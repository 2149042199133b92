import { Text } from '@mantine/core'
import type { ChannelView } from '#contract/calls/channels.ts'
import { WIRE_FAULTS } from '#contract/wire-fault.ts'
import { WEIGHT } from '../../app/channels.ts'
import { useWords } from '../../app/words.ts'
import { Ago, exactTime } from '../../ui/ago.tsx'
import css from './channels.module.css'

/** Reasons with words of their own; others show the platform's. */
const REASONS = [
  'by_member',
  'check_failed',
  'wire',
  'proxy_down',
  'signed_out',
  'banned',
  'limited',
  'api_changed',
  'platform_down',
  'throttled',
  ...WIRE_FAULTS,
] as const

/** The platform itself said nothing: these are the words of the wire. */
const UNHEARD: readonly string[] = ['wire', 'proxy_down', ...WIRE_FAULTS]
const isUnheard = (reason: string | null): boolean => reason !== null && UNHEARD.includes(reason)

/** Where a channel stands: in words, since when, why, and what the platform said. Never by colour alone. */
export function StateView({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const { words, place, retryAt, until, left } = channel.stateData
  const reason = REASONS.find((each) => each === channel.reason && each !== channel.state)
  return (
    <div>
      <div className={css.state} data-weight={WEIGHT[channel.state]}>
        <span className={css.light} aria-hidden />
        <Text component="span" fw={600} size="sm">
          {t(`state.${channel.state}.title`)}
        </Text>
        <Text component="span" size="sm" c="var(--text-dim)">
          <Ago at={channel.since} />
        </Text>
      </div>
      <Text size="sm" c="var(--text-dim)" mt={2}>
        {t(`state.${channel.state}.about`)}
        {reason && ` ${t(`reason.${reason}`, { place })}`}
        {typeof left === 'number' && ` ${t('left', { count: left })}`}
        {typeof retryAt === 'string' && ` ${t('retryAt', { time: exactTime(retryAt) })}`}
        {typeof until === 'string' && ` ${t('until', { time: exactTime(until) })}`}
      </Text>
      {typeof words === 'string' && words !== '' && (
        <Text size="sm" mt={4}>
          {isUnheard(channel.reason) ? t('happened', { words }) : t('platformSays', { words })}
        </Text>
      )}
      {channel.me.trouble && (
        <Text size="sm" mt={4}>
          {t('platformSays', { words: channel.me.trouble })}
        </Text>
      )}
    </div>
  )
}
