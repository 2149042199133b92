import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ChannelView } from '#contract/calls/channels.ts'
import { useConnector, WEIGHT } from '../../app/channels.ts'
import { language, useWords } from '../../app/words.ts'
import { Ago } from '../../ui/ago.tsx'
import { Logo } from '../../ui/logo.tsx'
import css from './channels.module.css'
import { HelpingAct } from './helping-act.tsx'
import { StateView } from './state-view.tsx'

export function ChannelCard({ channel }: { channel: ChannelView }) {
  const connector = useConnector(channel.connector)
  return (
    <article className={css.card} data-weight={WEIGHT[channel.state]} aria-label={channel.name}>
      <div className={css.head}>
        <Logo svg={connector?.logo} />
        <div className={css.name}>
          <Link to="/channels/$channel" params={{ channel: channel.id }}>
            {channel.name}
          </Link>
          <Text size="sm" c="var(--text-dim)" truncate>
            {[connector?.manifest.name[language()] ?? channel.network, handleOf(channel)]
              .filter((each) => each !== channel.name)
              .join(' · ')}
          </Text>
        </div>
      </div>
      <StateView channel={channel} />
      <ChannelFacts channel={channel} />
      <div className={css.foot}>
        <HelpingAct channel={channel} />
      </div>
    </article>
  )
}

/** Fewer cases say nothing about a speed. */
const FEW = 5

const secondsOf = (ms: number): string =>
  new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumSignificantDigits: 2,
  }).format(ms / 1000)

/** Last traffic, how sending goes, what waits, what could not be read. */
export function ChannelFacts({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  return (
    <dl className={css.facts}>
      <dt>{t('fact.lastIn')}</dt>
      <dd>{channel.lastInAt ? <Ago at={channel.lastInAt} /> : t('fact.never')}</dd>
      <dt>{t('fact.lastOut')}</dt>
      <dd>{channel.lastOutAt ? <Ago at={channel.lastOutAt} /> : t('fact.never')}</dd>
      {channel.sentLately > 0 && (
        <>
          <dt>{t('fact.failed')}</dt>
          <dd className="tabular" data-weight={channel.failedLately > 0 ? 'uneasy' : undefined}>
            {t('fact.failedOf', { failed: channel.failedLately, sent: channel.sentLately })}
          </dd>
        </>
      )}
      {channel.acceptedWithinMs !== null && channel.sentLately >= FEW && (
        <>
          <dt title={t('fact.acceptedAbout')}>{t('fact.accepted')}</dt>
          <dd className="tabular">{secondsOf(channel.acceptedWithinMs)}</dd>
        </>
      )}
      {channel.unreadSince && (
        <>
          <dt>{t('fact.unread')}</dt>
          <dd className="tabular">
            {channel.unread} · <Ago at={channel.unreadSince} />
          </dd>
        </>
      )}
      {channel.queued > 0 && (
        <>
          <dt>{t('fact.queued')}</dt>
          <dd className="tabular">{channel.queued}</dd>
        </>
      )}
      {channel.quarantined > 0 && (
        <>
          <dt>{t('fact.quarantined')}</dt>
          <dd className="tabular">
            <Link to="/channels/$channel" params={{ channel: channel.id }} hash="unreadable">
              {channel.quarantined}
            </Link>
          </dd>
        </>
      )}
    </dl>
  )
}

/** How the platform calls our account: @handle, else its name, else its number. */
export const handleOf = ({ me }: ChannelView): string => me.handle || me.name || me.id
