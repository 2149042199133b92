import { Button } from '@mantine/core'
import { IconPlayerPause, IconPlugConnectedX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ChannelId } from '#contract/ids.ts'
import { CONDUCT, type ChannelState } from '#contract/message/channel-state.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import css from './composer.module.css'

/** It is just being opened, and says in a moment how it stands. */
const OPENING: readonly ChannelState[] = ['setup', 'connecting']

/** The channel by which the answer goes does not send now, or nothing does: what is written is kept and waits, and that is told before it is written. */
export function ChannelRests({ channel: id }: { channel: ChannelId }) {
  const { channels, hold, may } = useDirectory()
  const t = useWords('inbox')
  const channel = channels.get(id)
  if (hold?.hold)
    return (
      <div className={css.notice} role="status">
        <IconPlayerPause size={18} aria-hidden />
        <p>{t('road.held')}</p>
      </div>
    )
  if (!channel || CONDUCT[channel.state].sends || OPENING.includes(channel.state)) return null
  const values = { channel: channel.name }
  return (
    <div className={css.notice} role="status">
      <IconPlugConnectedX size={18} aria-hidden />
      <p>{channel.state === 'retrying' ? t('road.unreachable', values) : t('road.atRest', values)}</p>
      {may('channel.read') && (
        <Button
          renderRoot={(props) => <Link to="/channels/$channel" params={{ channel: id }} {...props} />}
          size="compact-sm"
          variant="default"
        >
          {t('road.toChannel')}
        </Button>
      )}
    </div>
  )
}
