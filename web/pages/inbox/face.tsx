import { Avatar } from '@mantine/core'
import { initials } from '../../app/initials.ts'
import { thumbnailUrl } from './parts/media-url.ts'
import { NetworkMark } from './network-mark.tsx'
import css from './face.module.css'

/** Quiet colours whose initials can be read on them; the same for the same person, never the network's. */
const HUES = ['fir', 'blue', 'grape', 'pink', 'indigo', 'violet'] as const

export interface FaceProps {
  name: string
  /** What the colour is taken from. */
  id: string
  avatar: string | null
  size?: number
  network?: string | null
}

/** A person: picture or initials, with the mark of the network they last wrote from. Their name stands beside it in words. */
export function Face({ name, id, avatar, size = 36, network }: FaceProps) {
  const hue = HUES[Array.from(id).reduce((sum, sign) => sum + sign.charCodeAt(0), 0) % HUES.length]!
  return (
    <span className={css.face} style={{ width: size, height: size }}>
      <Avatar src={avatar ? thumbnailUrl(avatar) : null} size={size} radius="50%" color={hue} aria-hidden alt="">
        {initials(name)}
      </Avatar>
      {network && (
        <span className={css.mark}>
          <NetworkMark network={network} size={Math.max(14, Math.round(size * 0.42))} />
        </span>
      )}
    </span>
  )
}
