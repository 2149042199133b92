import { Button, Group, Modal, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getContact, listSuggestions, mergeContacts, type ContactView } from '#contract/calls/contacts.ts'
import type { ContactId } from '#contract/ids.ts'
import { read, useAct } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { useOnce } from '../../../ui/use-once.ts'
import { keepContact, renewContact } from '../apply-events.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { tellDone } from '../undo.ts'
import { addressOf, reasonOfSuggestion } from './contact-words.ts'
import css from './contact.module.css'
import { Timeline } from './timeline.tsx'

export interface MergeDialogProps {
  contact: ContactId
  other: ContactId
  onClose: () => void
}

/** Two cards side by side, what speaks for one person, and how the joined thread would read. Can be undone any time. */
export function MergeDialog({ contact, other, onClose }: MergeDialogProps) {
  const t = useWords('inbox')
  const one = useQuery(read(getContact, { params: { id: contact } }))
  const two = useQuery(read(getContact, { params: { id: other } }))
  const suggestions = useQuery(read(listSuggestions, { params: { id: contact } }))
  const reasons = suggestions.data?.items.find((each) => each.contact.id === other)?.reasons ?? []
  const merge = useAct(mergeContacts, {
    done: ({ contact: merged, act }) => {
      keepContact(merged)
      renewContact(contact)
      tellDone(t('merge.done', { name: merged.name }), [act.id])
      onClose()
    },
  })
  const confirm = useOnce(() => merge.mutateAsync({ params: { id: contact }, body: { with: other } }))
  // Joined since: by a colleague, or before the address was opened again.
  if (two.data?.mergedInto) return null
  return (
    <Modal opened onClose={onClose} title={t('merge.title')} size={860} closeButtonProps={{ 'aria-label': t('close') }}>
      <div className={css.block}>
        {reasons.length > 0 && <p>{reasons.map((reason) => reasonOfSuggestion(reason)).join('. ')}</p>}
        <div className={css.sides}>
          <Side contact={one.data} label={t('merge.stays')} />
          <Side contact={two.data} label={t('merge.joins')} />
        </div>
        <p className={css.dim}>{t('merge.fields')}</p>
        <h3>{t('merge.preview')}</h3>
        <Timeline
          conversations={[one.data?.conversation ?? null, two.data?.conversation ?? null]}
          label={t('merge.preview')}
        />
        <Group justify="flex-end" gap="xs" mt="sm">
          <span className={css.dim}>{t('merge.undoAny')}</span>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button loading={confirm.isBegun} disabled={!one.data || !two.data} onClick={confirm.run}>
            {t('merge.confirm')}
          </Button>
        </Group>
      </div>
    </Modal>
  )
}

function Side({ contact, label }: { contact: ContactView | undefined; label: string }) {
  const { networkName } = useDirectory()
  if (!contact) return <Skeleton height={140} />
  return (
    <section className={css.side} aria-label={`${label}: ${contact.name}`}>
      <span className={css.dim}>{label}</span>
      <div className={css.who}>
        <Face name={contact.name} id={contact.id} avatar={contact.avatar} size={40} />
        <div className={css.whoWords}>
          <strong dir="auto">{contact.name}</strong>
        </div>
      </div>
      <ul className={css.identities}>
        {contact.identities.map((identity) => (
          <li key={identity.id} className={css.identity}>
            <NetworkMark network={identity.network} size={18} named />
            <div className={css.identityWords}>
              <span className={css.address} dir="auto">
                {addressOf(identity)}
              </span>
              <span className={css.dim}>
                {[networkName(identity.network), identity.phone, identity.email].filter(Boolean).join(' · ')}
              </span>
            </div>
          </li>
        ))}
      </ul>
      {contact.tags.length > 0 && <span className={css.dim}>{contact.tags.join(' · ')}</span>}
    </section>
  )
}
