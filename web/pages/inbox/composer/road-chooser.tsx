import { Button, Menu, Text } from '@mantine/core'
import { IconCheck, IconChevronDown, IconPlugConnectedX, IconSparkles } from '@tabler/icons-react'
import type { RoadOption } from '#contract/calls/conversations.ts'
import { shownKeys } from '../../../app/keys.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { cannotWords, whyWords } from '../thread/delivery-words.ts'
import { relativeTime } from '../times.ts'
import css from './composer.module.css'

export interface RoadChooserProps {
  roads: readonly RoadOption[]
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
  /** null: Parley chooses again. */
  onChoose: (road: RoadOption | null) => void
}

/** Which way the next message goes, and why; the others with what they can and cannot. */
export function RoadChooser({ roads, isOpen, onOpen, onChoose }: RoadChooserProps) {
  const { language, networkName } = useDirectory()
  const t = useWords('inbox')
  const chosen = roads.find((road) => road.chosen)
  return (
    <Menu opened={isOpen} onChange={onOpen} position="top-start" width={360} withinPortal returnFocus>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color={chosen ? 'gray' : 'red'}
          className={css.road}
          leftSection={
            chosen ? (
              <NetworkMark network={chosen.network} size={16} named />
            ) : (
              <IconPlugConnectedX size={16} aria-hidden />
            )
          }
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          {chosen ? (
            <span className={css.roadWords}>
              {t('road.via', { network: networkName(chosen.network) })} <bdi>{chosen.address}</bdi>
              {chosen.windowUntil && (
                <span className={css.dim}>
                  {' '}
                  · {t('road.window', { at: relativeTime(chosen.windowUntil, language) })}
                </span>
              )}
              <span className="only-read">. {t('road.change')}</span>
            </span>
          ) : (
            t('road.none')
          )}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('road.label')}</Menu.Label>
        {roads.map((road, index) => (
          <Menu.Item
            key={`${road.identity} ${road.channel}`}
            disabled={road.cannot !== null}
            leftSection={<NetworkMark network={road.network} size={20} named />}
            rightSection={
              road.chosen ? (
                <IconCheck size={16} aria-label={t('road.chosen')} />
              ) : road.cannot === null && index < 9 ? (
                <span className={css.dim}>{shownKeys(String(index + 1))}</span>
              ) : null
            }
            onClick={() => onChoose(road)}
          >
            <span className={css.roadRow}>
              <span>
                <bdi>{road.address}</bdi>{' '}
                <span className={css.dim}>
                  {networkName(road.network)} · {road.channelName}
                </span>
              </span>
              <span className={css.dim}>
                {road.cannot !== null
                  ? cannotWords(road.cannot)
                  : road.chosen
                    ? whyWords(road.why, language)
                    : road.windowUntil
                      ? t('road.window', { at: relativeTime(road.windowUntil, language) })
                      : t('road.open')}
              </span>
            </span>
          </Menu.Item>
        ))}
        {roads.length === 0 && (
          <Text size="sm" p="xs">
            {t('road.nothing')}
          </Text>
        )}
        {roads.some((road) => road.chosen && road.why.some(({ code }) => code === 'chosen_here')) && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<IconSparkles size={18} aria-hidden />} onClick={() => onChoose(null)}>
              {t('road.automatic')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
