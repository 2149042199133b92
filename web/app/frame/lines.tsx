import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff, IconPlayerPause, IconShieldExclamation } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { decideHold, getHold } from '#contract/calls/conversations.ts'
import { keyOf, read, useAct } from '../acts.ts'
import { useChannels, WEIGHT } from '../channels.ts'
import { client } from '../client.ts'
import { useFeedState } from '../feed.ts'
import { useMay, useMe } from '../session.ts'
import { useWords } from '../words.ts'
import css from './frame.module.css'

/** What concerns everybody, above every page: the connection, broken channels, sending on hold, an unsafe sign-in. */
export function Lines() {
  const can = useMay()
  return (
    <>
      <ConnectionLine />
      {can('conversation.read') && <HoldLine />}
      {can('channel.operate') && <BrokenLines />}
      <WarningLines />
    </>
  )
}

export function Line(props: {
  weight: 'danger' | 'warning' | 'quiet'
  icon: ReactNode
  children: ReactNode
  act?: ReactNode
}) {
  return (
    <div className={css.line} data-weight={props.weight} role={props.weight === 'danger' ? 'alert' : 'status'}>
      {props.icon}
      <span className={css['line-words']}>{props.children}</span>
      {props.act}
    </div>
  )
}

function ConnectionLine() {
  const t = useWords('app')
  const state = useFeedState()
  if (state !== 'offline') return null
  return (
    <Line weight="warning" icon={<IconCloudOff size={18} aria-hidden />}>
      {t('line.offline')}
    </Line>
  )
}

function BrokenLines() {
  const t = useWords('app')
  const broken = useChannels().filter((channel) => WEIGHT[channel.state] === 'broken')
  const [first] = broken
  if (!first) return null
  return (
    <Line
      weight="danger"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      act={
        <Button
          component={Link}
          to={broken.length === 1 ? `/channels/${first.id}` : '/channels'}
          size="compact-sm"
          variant="default"
        >
          {t('line.see')}
        </Button>
      }
    >
      {broken.length === 1
        ? t(`line.broken.${first.state}`, { name: first.name })
        : t('line.broken.several', { count: broken.length })}
    </Line>
  )
}

function HoldLine() {
  const t = useWords('app')
  const can = useMay()
  const { data } = useQuery(read(getHold))
  const decide = useAct(decideHold, { done: (now) => client.setQueryData(keyOf(getHold), now) })
  if (!data?.hold) return null
  const mayDecide = can('hold.decide')
  return (
    <Line
      weight="warning"
      icon={<IconPlayerPause size={18} aria-hidden />}
      act={
        mayDecide && (
          <>
            <Button
              size="compact-sm"
              loading={decide.isPending}
              onClick={() => decide.mutate({ body: { decision: 'send' } })}
            >
              {t('line.hold.send')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              disabled={decide.isPending}
              onClick={() => decide.mutate({ body: { decision: 'drop' } })}
            >
              {t('line.hold.drop')}
            </Button>
          </>
        )
      }
    >
      {t('line.hold.words', { count: data.queued })} {!mayDecide && t('line.hold.ask')}
    </Line>
  )
}

function WarningLines() {
  const t = useWords('app')
  const { warnings } = useMe()
  return warnings.map((warning) => (
    <Line
      key={warning}
      weight="warning"
      icon={<IconShieldExclamation size={18} aria-hidden />}
      act={
        warning === 'second_factor_wanted' && (
          <Button component={Link} to="/settings/account" size="compact-sm" variant="default">
            {t('line.see')}
          </Button>
        )
      }
    >
      {t(`line.${warning}`)}
    </Line>
  ))
}
