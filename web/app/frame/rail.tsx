import { Avatar, Menu, Tooltip, UnstyledButton } from '@mantine/core'
import { IconCommand, IconKeyboard, IconLogout, IconUser } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { WEIGHT, useChannels } from '../channels.ts'
import { initials } from '../initials.ts'
import { PLACES, type Place } from '../places.ts'
import { isShutOut, leave, useMay, useMe } from '../session.ts'
import { useWords } from '../words.ts'
import { tellFailure } from '../tell.ts'
import { Keys } from './keys-view.tsx'
import css from './frame.module.css'

export function Rail({ openCommands, openKeys }: { openCommands: () => void; openKeys: () => void }) {
  const t = useWords('app')
  const places = useOwnPlaces()
  return (
    <nav className={css.rail} aria-label={t('rail')}>
      <img className={css.mark} src="/mark.svg" alt="Parley" />
      <ul className={css.places}>
        {places.map(({ place, isTroubled }) => (
          <li key={place.to}>
            <Tooltip
              position="right"
              label={
                <>
                  {t(`place.${place.name}`)} <Keys keys={place.keys} />
                </>
              }
            >
              <Link className={css['place-link']} to={place.to} aria-label={t(`place.${place.name}`)}>
                <place.icon size={20} stroke={1.75} aria-hidden />
                {isTroubled && <span className={css.dot} role="img" aria-label={t('channelsBroken')} />}
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      <div className={css.spring} />
      <Tooltip
        position="right"
        label={
          <>
            {t('keys.commands')} <Keys keys="mod+k" />
          </>
        }
      >
        <button type="button" className={css['place-link']} aria-label={t('keys.commands')} onClick={openCommands}>
          <IconCommand size={20} stroke={1.75} aria-hidden />
        </button>
      </Tooltip>
      <Own openKeys={openKeys} />
    </nav>
  )
}

/** Below, where there is no room beside. */
export function BottomBar() {
  const t = useWords('app')
  const places = useOwnPlaces()
  return (
    <nav className={css.bottom} aria-label={t('rail')}>
      <ul>
        {places.map(({ place, isTroubled }) => (
          <li key={place.to}>
            <Link to={place.to}>
              <place.icon size={22} stroke={1.75} aria-hidden />
              {t(`place.${place.name}`)}
              {isTroubled && <span className={css.dot} role="img" aria-label={t('channelsBroken')} />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function useOwnPlaces(): { place: Place; isTroubled: boolean }[] {
  const can = useMay()
  const isIn = !isShutOut(useMe())
  const isBroken = useChannels(isIn).some((channel) => WEIGHT[channel.state] === 'broken')
  return PLACES.filter((place) => isIn && (place.may === 'signed_in' || can(place.may))).map((place) => ({
    place,
    isTroubled: place.name === 'channels' && isBroken,
  }))
}

function Own({ openKeys }: { openKeys: () => void }) {
  const t = useWords('app')
  const { member, workspace } = useMe()
  return (
    <Menu position="right-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={css['place-link']}>
          <span aria-hidden>
            <Avatar size={28} color="fir" radius="xl" alt="">
              {initials(member.name)}
            </Avatar>
          </span>
          <span className="only-read">{t('own.menu', { name: member.name })}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {member.name} · {workspace.name}
        </Menu.Label>
        <Menu.Item component={Link} to="/settings" leftSection={<IconUser size={16} aria-hidden />}>
          {t('own.account')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKeyboard size={16} aria-hidden />}
          rightSection={<Keys keys="?" />}
          onClick={openKeys}
        >
          {t('keys.sheet')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave().catch(tellFailure)}>
          {t('own.leave')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
