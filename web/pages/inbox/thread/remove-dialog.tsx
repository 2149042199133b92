import { Button, Group, Modal } from '@mantine/core'
import type { MessageView } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import { deleteIt } from './use-message-acts.ts'

/** Deletes on the network, too, where it can: asked before, for there it cannot be undone. */
export function RemoveDialog({ message, onClose }: { message: MessageView; onClose: () => void }) {
  const t = useWords('inbox')
  return (
    <Modal opened onClose={onClose} title={t('remove.title')} size="sm" closeButtonProps={{ 'aria-label': t('close') }}>
      <p>{message.direction === 'note' ? t('remove.note') : t('remove.about')}</p>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button
          color="red.9"
          data-autofocus
          onClick={() => {
            void deleteIt(message)
            onClose()
          }}
        >
          {t('remove.confirm')}
        </Button>
      </Group>
    </Modal>
  )
}
