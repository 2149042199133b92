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
            {connector?.manifest.name[language()] ?? channel.network} · {handleOf(channel)}
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

/** Last traffic, what waits, what could not be read. */
export function ChannelFacts({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  return (
    <dl className={css.facts}>
      <dt>{t('fact.lastIn')}</dt>
      <dd>{channel.lastInAt ? <Ago at={channel.lastInAt} /> : t('fact.never')}</dd>
      <dt>{t('fact.lastOut')}</dt>
      <dd>{channel.lastOutAt ? <Ago at={channel.lastOutAt} /> : t('fact.never')}</dd>
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
