import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ChannelView } from '#contract/calls/channels.ts'
import { channelsQuery, WEIGHT } from '../../app/channels.ts'
import { useCommands } from '../../app/commands.ts'
import { useMay } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import { ChannelCard } from './channel-card.tsx'
import css from './channels.module.css'
import { FirstSteps } from './first-steps.tsx'
import { useNavigate } from '@tanstack/react-router'

const ORDER = ['broken', 'uneasy', 'calm', 'resting']

/** The health board: whoever needs somebody stands first. */
export function ChannelsPage() {
  const t = useWords('channels')
  const can = useMay()
  const navigate = useNavigate()
  const { data, error, isPending } = useQuery(channelsQuery())
  const mayAdd = can('channel.change')
  useCommands(
    mayAdd ? [{ id: 'channel.add', label: t('add.title'), run: () => void navigate({ to: '/channels/add' }) }] : [],
  )
  const channels = data?.items ?? []
  return (
    <PageFrame
      title={t('title')}
      acts={
        mayAdd &&
        channels.length > 0 && (
          <Button component={Link} to="/channels/add" leftSection={<IconPlus size={16} aria-hidden />}>
            {t('add.title')}
          </Button>
        )
      }
    >
      <FailureNote error={error} />
      {isPending && <Skeleton h={180} maw={360} className="late" />}
      {data && channels.length === 0 && <FirstSteps />}
      <ul className={css.grid}>
        {channels.toSorted(byNeed).map((channel) => (
          <li key={channel.id}>
            <ChannelCard channel={channel} />
          </li>
        ))}
      </ul>
    </PageFrame>
  )
}

const byNeed = (a: ChannelView, b: ChannelView) =>
  ORDER.indexOf(WEIGHT[a.state]) - ORDER.indexOf(WEIGHT[b.state]) || a.createdAt.localeCompare(b.createdAt)
