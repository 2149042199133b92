/** Lines above the text: what is answered or edited, why nothing can be written, and what to look at before sending. */
import { Button, CloseButton, Group } from '@mantine/core'
import { IconArrowBackUp, IconEdit, IconEye, IconUsers } from '@tabler/icons-react'
import type { MessageView, RoadOption } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { cannotWords } from '../thread/delivery-words.ts'
import css from './composer.module.css'
import { firstWords } from '../parts/first-words.ts'

export function AboutLine({
  message,
  isEdit,
  onClose,
}: {
  message: MessageView
  isEdit: boolean
  onClose: () => void
}) {
  const t = useWords('inbox')
  return (
    <div className={css.about}>
      {isEdit ? <IconEdit size={16} aria-hidden /> : <IconArrowBackUp size={16} aria-hidden />}
      <span className={css.aboutWords} dir="auto">
        <strong>{isEdit ? t('compose.editing') : t('compose.replyingTo', { name: message.author.name })}</strong>{' '}
        {firstWords(message.content) || t(`part.${message.content.parts[0]!.kind}`)}
      </span>
      <CloseButton size="sm" aria-label={isEdit ? t('compose.noEdit') : t('compose.noReply')} onClick={onClose} />
    </div>
  )
}

/** Every road is closed: each says why, and what is left to do is offered in the same place. */
export function CannotWrite({
  roads,
  onProofLink,
  onNote,
}: {
  roads: readonly RoadOption[]
  onProofLink: () => void
  onNote: () => void
}) {
  const { networkName } = useDirectory()
  const t = useWords('inbox')
  return (
    <div className={css.cannot} role="status">
      {roads.length === 0 ? (
        <p>{t('road.nothing')}</p>
      ) : (
        roads.map((road) => (
          <p key={`${road.identity} ${road.channel}`}>
            <strong>{networkName(road.network)}</strong> <bdi>{road.address}</bdi>:{' '}
            {cannotWords(road.cannot ?? 'no_road')}
          </p>
        ))
      )}
      <Group gap={6} mt={6}>
        <Button size="compact-sm" variant="default" onClick={onProofLink}>
          {t('road.otherNetwork')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onNote}>
          {t('road.writeNote')}
        </Button>
      </Group>
    </div>
  )
}

/** In place of the text box: whoever may only read is told before he has written anything. */
export function ReadsOnly() {
  const t = useWords('inbox')
  return (
    <section className={css.composer} aria-label={t('compose.label')}>
      <p className={css.readsOnly}>
        <IconEye size={16} aria-hidden /> {t('thread:readsOnly')}
      </p>
    </section>
  )
}

export function SecondLook({ words, onSend, onStay }: { words: string; onSend: () => void; onStay: () => void }) {
  const t = useWords('inbox')
  return (
    <div className={css.notice} role="alert">
      <IconUsers size={18} aria-hidden />
      <p>{words}</p>
      <Button size="compact-sm" onClick={onSend} data-autofocus>
        {t('thread:collision.send')}
      </Button>
      <Button size="compact-sm" variant="default" onClick={onStay}>
        {t('thread:collision.stay')}
      </Button>
    </div>
  )
}
