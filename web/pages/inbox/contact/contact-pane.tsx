import { ActionIcon, Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { IconLink, IconUsersGroup, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getContact, listActs, listSuggestions, type ContactView, type IdentityView } from '#contract/calls/contacts.ts'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import { LONGEST } from '#contract/limits.ts'
import type { ContactId } from '#contract/ids.ts'
import { read } from '../../../app/acts.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import { dayAndClock, lastingSince } from '../times.ts'
import { Acts } from './acts.tsx'
import { Block } from './block.tsx'
import { evidenceWords } from './contact-words.ts'
import css from './contact.module.css'
import { Facts } from './facts.tsx'
import { ContactFiles } from './contact-files.tsx'
import { Identities } from './identities.tsx'
import { Suggestions } from './suggestions.tsx'
import { useSaved } from './use-saved.ts'

/** The dialogs these open belong to the page: a pane comes and goes with the width of the window. */
export interface ContactPaneActs {
  onMerge: (other: ContactId) => void
  /** Somebody is looked for to merge with. */
  onPick: (contact: ContactView) => void
  onSplit: (contact: ContactView, identity: IdentityView) => void
  onProofLink: () => void
  onClose?: (() => void) | undefined
}

export interface ContactPaneProps extends ContactPaneActs {
  row: ConversationRow
}

/** Who this is: roads with their state, why we believe they are one person, who else it may be, facts, history, files. */
export function ContactPane({ row, ...panes }: ContactPaneProps) {
  const t = useWords('inbox')
  const id = row.contact
  const contact = useQuery({ ...read(getContact, { params: { id: id! } }), enabled: id !== null })
  const suggestions = useQuery({ ...read(listSuggestions, { params: { id: id! } }), enabled: id !== null })
  const acts = useQuery({ ...read(listActs, { params: { id: id! } }), enabled: id !== null })
  if (id === null) return <RoomPane row={row} onClose={panes.onClose} />
  // One that is known is no worse for not being read afresh, and may be being changed.
  if (contact.isError && !contact.data) {
    const { title, next } = wordsOfFailure(contact.error)
    return (
      <aside className={css.pane} aria-label={t('contact.label')}>
        <strong>{title}</strong>
        <p>{next}</p>
        <Button variant="default" onClick={() => void contact.refetch()}>
          {t('again')}
        </Button>
      </aside>
    )
  }
  if (!contact.data) {
    return (
      <aside className={css.pane} aria-label={t('contact.label')} aria-busy>
        <Skeleton height={52} />
        <Skeleton height={90} />
        <Skeleton height={140} />
      </aside>
    )
  }
  return (
    <ContactCard
      contact={contact.data}
      suggestions={suggestions.data?.items ?? []}
      acts={acts.data?.items ?? []}
      row={row}
      {...panes}
    />
  )
}

export interface ContactCardProps extends ContactPaneActs {
  contact: ContactView
  suggestions: Parameters<typeof Suggestions>[0]['suggestions']
  acts: Parameters<typeof Acts>[0]['acts']
  row: ConversationRow
}

/** Empty blocks vanish; everything edits in place. */
export function ContactCard({ contact, suggestions, acts, row, ...panes }: ContactCardProps) {
  const { onMerge, onPick, onSplit, onProofLink, onClose } = panes
  const { language, memberName, may } = useDirectory()
  const t = useWords('inbox')
  // Joined or parted, this day is of one of them only.
  const isItsOwn = contact.identities.length === 1 && acts.length === 0
  return (
    <aside className={css.pane} aria-label={t('contact.label')}>
      <div className={css.who}>
        <Face name={contact.name} id={contact.id} avatar={contact.avatar} size={48} />
        <Name contact={contact} />
        {onClose && (
          <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={t('close')}>
            <IconX size={18} />
          </ActionIcon>
        )}
      </div>
      {suggestions.length > 0 && <Suggestions suggestions={suggestions} onMerge={onMerge} />}
      <Block title={t('contact.roads')}>
        <Identities contact={contact} onSplit={(identity) => onSplit(contact, identity)} />
        {may('contact.change') && (
          <Button
            size="compact-sm"
            variant="subtle"
            justify="flex-start"
            leftSection={<IconLink size={15} aria-hidden />}
            onClick={onProofLink}
          >
            {t('proof.begin')}
          </Button>
        )}
        {may('contact.merge') && (
          <Button
            size="compact-sm"
            variant="subtle"
            justify="flex-start"
            leftSection={<IconUsersGroup size={15} aria-hidden />}
            onClick={() => onPick(contact)}
          >
            {t('merge.begin')}
          </Button>
        )}
      </Block>
      {contact.evidence.length > 0 && (
        <Block title={t('contact.evidence')}>
          <ul className={css.plain}>
            {contact.evidence.map((each) => (
              <li key={`${each.one} ${each.other} ${each.at}`} className={css.dim}>
                {evidenceWords(each, memberName(each.member), language)}
              </li>
            ))}
          </ul>
        </Block>
      )}
      {(may('contact.change') || isAnythingKnown(contact)) && (
        <Block title={t('contact.facts')}>
          <Facts contact={contact} />
        </Block>
      )}
      {(isItsOwn || row.waitingSince !== null || acts.length > 0) && (
        <Block title={t('contact.history')}>
          <Stack gap={4}>
            {isItsOwn && (
              <span className={css.dim}>{t('contact.since', { at: dayAndClock(contact.createdAt, language) })}</span>
            )}
            {row.waitingSince && (
              <span className={css.dim}>{t('contact.waits', { time: lastingSince(row.waitingSince, language) })}</span>
            )}
          </Stack>
          <Acts acts={acts} />
        </Block>
      )}
      <ContactFiles conversation={row.id} lastSeq={row.lastSeq} />
    </aside>
  )
}

const isAnythingKnown = ({ tags, language, timeZone, fields }: ContactView): boolean =>
  tags.length > 0 || Boolean(language) || Boolean(timeZone) || Object.keys(fields).length > 0

/** Given by a member, else what their networks call them. */
function Name({ contact }: { contact: ContactView }) {
  const { may } = useDirectory()
  const t = useWords('inbox')
  const field = useSaved({
    contact,
    place: 'name',
    value: contact.name,
    bodyOf: (name) => ({ name: name || null }),
  })
  return (
    <div className={css.whoWords}>
      <TextInput
        aria-label={t('contact.name')}
        variant="unstyled"
        size="md"
        fw={600}
        classNames={{ input: css.nameInput! }}
        title={contact.name}
        maxLength={LONGEST.contactName}
        readOnly={!may('contact.change')}
        {...field}
      />
      {contact.givenName !== null && <span className={css.dim}>{t('contact.named')}</span>}
    </div>
  )
}

/** A group: it has no contact of its own. */
function RoomPane({ row, onClose }: { row: ConversationRow; onClose: (() => void) | undefined }) {
  const { networkName } = useDirectory()
  const t = useWords('inbox')
  return (
    <aside className={css.pane} aria-label={t('contact.label')}>
      <div className={css.who}>
        <Face name={row.name} id={row.room ?? row.id} avatar={row.avatar} size={48} />
        <div className={css.whoWords}>
          <strong>
            <bdi>{row.name}</bdi>
          </strong>
          <div className={css.dim}>{t('contact.room', { network: row.networks.map(networkName).join(', ') })}</div>
        </div>
        {onClose && (
          <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={t('close')}>
            <IconX size={18} />
          </ActionIcon>
        )}
      </div>
      <ContactFiles conversation={row.id} lastSeq={row.lastSeq} />
    </aside>
  )
}
