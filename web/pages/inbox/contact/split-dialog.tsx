import { Button, Group, Modal } from '@mantine/core'
import { splitContact, type ContactView, type IdentityView } from '#contract/calls/contacts.ts'
import type { MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { useAct } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { useOnce } from '../../../ui/use-once.ts'
import { keepContact, renewContact } from '../apply-events.ts'
import { useDirectory } from '../directory.tsx'
import { tellDone } from '../undo.ts'
import { addressOf } from './contact-words.ts'
import css from './contact.module.css'
import { Timeline } from './timeline.tsx'

export interface SplitDialogProps {
  contact: ContactView
  identity: IdentityView
  conversation: ConversationId
  onClose: () => void
}

/** Takes one identity out again. Each message stays with the identity that wrote it, so both threads can be shown before. */
export function SplitDialog({ contact, identity, conversation, onClose }: SplitDialogProps) {
  const { networkName } = useDirectory()
  const t = useWords('inbox')
  const split = useAct(splitContact, {
    done: ({ contact: kept, parted, act }) => {
      keepContact(kept)
      keepContact(parted)
      renewContact(kept.id)
      tellDone(t('split.done', { address: addressOf(identity) }), [act.id])
      onClose()
    },
  })
  const confirm = useOnce(() => split.mutateAsync({ params: { id: contact.id }, body: { identityId: identity.id } }))
  const isParted = (message: MessageView) => message.identity === identity.id
  const address = addressOf(identity)
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('split.title', { address })}
      size={820}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <div className={css.block}>
        <p>{t('split.about', { name: contact.name, network: networkName(identity.network), address })}</p>
        <div className={css.sides}>
          <section className={css.side}>
            <strong dir="auto">{contact.name}</strong>
            <Timeline conversations={[conversation]} holds={(message) => !isParted(message)} label={t('split.stays')} />
          </section>
          <section className={css.side}>
            <strong dir="auto">{identity.name ?? address}</strong>
            <Timeline conversations={[conversation]} holds={isParted} label={t('split.goes')} />
          </section>
        </div>
        <Group justify="flex-end" gap="xs" mt="sm">
          <span className={css.dim}>{t('merge.undoAny')}</span>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button loading={confirm.isBegun} onClick={confirm.run}>
            {t('split.confirm')}
          </Button>
        </Group>
      </div>
    </Modal>
  )
}
