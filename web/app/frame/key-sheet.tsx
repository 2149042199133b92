import { Modal, Table } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { onKeysChanged, validKeys } from '../keys.ts'
import { useWords } from '../words.ts'
import { Keys } from './keys-view.tsx'

let kept: readonly { keys: string; about: string }[] = []

/** The same list until a key comes or goes: React asks for it at every turn. */
function snapshot() {
  const now = validKeys()
  const isSame =
    now.length === kept.length && now.every((act, at) => act.keys === kept[at]?.keys && act.about === kept[at]?.about)
  if (!isSame) kept = now
  return kept
}

/** Every key that works here and now. */
export default function KeySheet({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const t = useWords('app')
  const acts = useSyncExternalStore(onKeysChanged, snapshot)
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={t('keys.sheet')}
      size="md"
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Table>
        <Table.Tbody>
          {acts.map((act) => (
            <Table.Tr key={`${act.keys} ${act.about}`}>
              <Table.Td>{act.about}</Table.Td>
              <Table.Td ta="right">
                <Keys keys={act.keys} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
