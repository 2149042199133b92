import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff, IconShieldExclamation } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useChannels, WEIGHT } from '../channels.ts'
import { useFeedState } from '../feed.ts'
import { useServerAway } from '../server-away.ts'
import { isShutOut, useMay, useMe } from '../session.ts'
import { useWords } from '../words.ts'
import { HoldLine } from './hold-line.tsx'
import { Line } from './line.tsx'

/** What concerns everybody, above every page: the connection, broken channels, sending on hold, an unsafe sign-in. */
export function Lines() {
  const can = useMay()
  if (isShutOut(useMe())) return <WarningLines />
  return (
    <>
      <ConnectionLine />
      {can('conversation.read') && <HoldLine />}
      {can('channel.operate') && <BrokenLines />}
      <WarningLines />
    </>
  )
}

function ConnectionLine() {
  const t = useWords('app')
  const state = useFeedState()
  const isAway = useServerAway()
  if (state !== 'offline' && !isAway) return null
  return (
    <Line weight="warning" icon={<IconCloudOff size={18} aria-hidden />}>
      {t(state === 'offline' ? 'line.offline' : 'line.away')}
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

function WarningLines() {
  const t = useWords('app')
  const { warnings } = useMe()
  return warnings.map((warning) => (
    <Line key={warning} weight="warning" icon={<IconShieldExclamation size={18} aria-hidden />}>
      {t(`line.${warning}`)}
    </Line>
  ))
}
