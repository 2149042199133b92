import { ActionIcon, Menu, Popover, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconCopy, IconDots, IconEdit, IconMoodSmile, IconRoute, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { DeliveryView, MessageView } from '#contract/calls/conversations.ts'
import type { MessageId } from '#contract/ids.ts'
import { wordsOf } from '#contract/message/content.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { whyWords } from './delivery-words.ts'
import css from './message.module.css'

export interface ToolActs {
  reply(message: MessageView): void
  react(message: MessageId, emoji: string[]): void
  edit(message: MessageView): void
  remove(message: MessageView): void
}

const OFTEN = ['👍', '❤️', '😁', '🎉', '🙏', '👀']

export interface MessageToolsProps {
  message: MessageView
  delivery: DeliveryView | null
  acts: ToolActs
}

/** What can be done with a message. Where a network cannot, the row stays and says what would happen instead. */
export function MessageTools({ message, delivery, acts }: MessageToolsProps) {
  const { abilitiesOf, cardOfChannel, language, may } = useDirectory()
  const t = useWords('inbox')
  const [isPicking, setPicking] = useState(false)
  const abilities = abilitiesOf(message.channel)
  const network = cardOfChannel(message.channel)?.manifest.name[language] ?? ''
  const isOurs = message.direction === 'out' || message.direction === 'note'
  const isNote = message.direction === 'note'
  const reactions = abilities?.reaction?.only?.slice(0, OFTEN.length) ?? OFTEN
  const canDelete = isNote || !abilities || abilities.delete?.out !== undefined || abilities.edit?.out !== undefined
  return (
    <div className={css.tools}>
      {may('message.send') && (
        <>
          <Tooltip label={t('tools.reply')}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t('tools.reply')}
              onClick={() => acts.reply(message)}
            >
              <IconArrowBackUp size={16} />
            </ActionIcon>
          </Tooltip>
          <Popover opened={isPicking} onChange={setPicking} shadow="md" trapFocus returnFocus>
            <Popover.Target>
              <Tooltip label={t('tools.react')}>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={t('tools.react')}
                  onClick={() => setPicking(!isPicking)}
                >
                  <IconMoodSmile size={16} />
                </ActionIcon>
              </Tooltip>
            </Popover.Target>
            <Popover.Dropdown p={4}>
              <div className={css.picker}>
                {reactions.map((emoji) => (
                  <button
                    key={emoji}
                    type="button"
                    aria-label={emoji}
                    onClick={() => {
                      setPicking(false)
                      acts.react(message.id, [emoji])
                    }}
                  >
                    {emoji}
                  </button>
                ))}
              </div>
              {!isNote && abilities && !abilities.reaction?.out && (
                <p className={css.aside}>{t('tools.reactionHereOnly', { network })}</p>
              )}
            </Popover.Dropdown>
          </Popover>
        </>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t('tools.more')}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconCopy size={16} />}
            onClick={() => void navigator.clipboard?.writeText(wordsOf(message.content))}
          >
            {t('tools.copy')}
          </Menu.Item>
          {isOurs && may('message.change') && (
            <>
              <Menu.Item leftSection={<IconEdit size={16} />} onClick={() => acts.edit(message)}>
                {t('tools.edit')}
                {!isNote && abilities && !abilities.edit?.out && (
                  <Aside words={t('tools.editAsCorrection', { network })} />
                )}
              </Menu.Item>
              <Menu.Item
                leftSection={<IconTrash size={16} />}
                color="red"
                disabled={!canDelete}
                onClick={() => acts.remove(message)}
              >
                {t('tools.delete')}
                {!canDelete && <Aside words={t('tools.deleteNot', { network })} />}
                {canDelete && !isNote && abilities && !abilities.delete?.out && (
                  <Aside words={t('tools.deleteByEdit', { network })} />
                )}
              </Menu.Item>
            </>
          )}
          {delivery && delivery.why.length > 0 && (
            <>
              <Menu.Divider />
              <Menu.Label>
                <IconRoute size={13} aria-hidden /> {t('tools.why')}
              </Menu.Label>
              <p className={css.why}>{whyWords(delivery.why, language)}</p>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}

const Aside = ({ words }: { words: string }) => <span className={css.menuAside}>{words}</span>
