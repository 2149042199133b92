import { Kbd, Loader, Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Fragment, type KeyboardEvent, type PropsWithChildren, useState } from 'react'
import { search as searchCall, type MessageHit } from '#contract/calls/search.ts'
import type { ContactView } from '#contract/calls/contacts.ts'
import type { ConversationId, MessageId } from '#contract/ids.ts'
import { LONGEST } from '#contract/limits.ts'
import { call } from '../../app/call.ts'
import { wordsOfFailure } from '../../app/failures.ts'
import { useWords } from '../../app/words.ts'
import { addressOf } from './contact/contact-words.ts'
import { useDirectory } from './directory.tsx'
import { Face } from './face.tsx'
import { NetworkMark } from './network-mark.tsx'
import css from './search-panel.module.css'
import { fullTime, rowTime } from './times.ts'

const REST_MS = 180

export interface SearchPanelProps {
  onClose: () => void
  onContact: (contact: ContactView) => void
  onMessage: (conversation: ConversationId, message: MessageId) => void
}

/** All history: people and messages; forms of words and small slips are understood. A hit opens at the message. */
export function SearchPanel({ onClose, onContact, onMessage }: SearchPanelProps) {
  const t = useWords('inbox')
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed.trim(), REST_MS)
  const [at, setAt] = useState(0)
  const found = useInfiniteQuery({
    queryKey: ['inbox.search', asked],
    enabled: asked !== '',
    // New messages come every minute: an old answer would be a wrong one.
    staleTime: 5_000,
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      call(searchCall, { query: { q: asked, ...(pageParam ? { cursor: pageParam } : {}) } }, { signal }),
    getNextPageParam: (page) => page.next,
  })
  const contacts = asked === '' ? [] : (found.data?.pages[0]?.contacts ?? [])
  const messages = asked === '' ? [] : (found.data?.pages.flatMap((page) => page.messages) ?? [])
  const openers = [
    ...contacts.map((contact) => () => onContact(contact)),
    ...messages.map((hit) => () => onMessage(hit.conversation, hit.message)),
  ]
  const current = Math.min(at, Math.max(0, openers.length - 1))

  const walk = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const next = Math.max(0, Math.min(openers.length - 1, current + (event.key === 'ArrowDown' ? 1 : -1)))
      setAt(next)
      document.getElementById(`found-${next}`)?.scrollIntoView({ block: 'nearest' })
      if (next >= openers.length - 3 && found.hasNextPage) void found.fetchNextPage()
    } else if (event.key === 'Enter') {
      event.preventDefault()
      openers[current]?.()
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={680}
      padding={0}
      yOffset="8vh"
      centered={false}
      title={t('search.label')}
      classNames={{ header: 'only-read' }}
    >
      <TextInput
        size="md"
        variant="unstyled"
        className={css.box}
        leftSection={found.isFetching ? <Loader size={16} /> : <IconSearch size={18} aria-hidden />}
        rightSection={<Kbd size="xs">Esc</Kbd>}
        rightSectionWidth={52}
        placeholder={t('search.placeholder')}
        aria-label={t('search.label')}
        role="combobox"
        aria-expanded={openers.length > 0}
        aria-controls="found"
        aria-activedescendant={openers.length > 0 ? `found-${current}` : undefined}
        maxLength={LONGEST.search}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={walk}
        data-autofocus
      />
      <div className={css.found}>
        {found.isError && <p className={css.nothing}>{wordsOfFailure(found.error).title}</p>}
        {asked === '' && <p className={css.nothing}>{t('search.hint')}</p>}
        {asked !== '' && found.data && openers.length === 0 && !found.isFetching && (
          <p className={css.nothing} role="status">
            {t('search.nothing', { q: asked })}
          </p>
        )}
        <div id="found" role="listbox" aria-label={t('search.found')}>
          {contacts.map((contact, index) => (
            <ContactHit
              key={contact.id}
              contact={contact}
              id={`found-${index}`}
              isCurrent={index === current}
              onOpen={() => onContact(contact)}
            />
          ))}
          {messages.map((hit, index) => (
            <Hit
              key={hit.message}
              hit={hit}
              id={`found-${contacts.length + index}`}
              isCurrent={contacts.length + index === current}
              onOpen={() => onMessage(hit.conversation, hit.message)}
            />
          ))}
        </div>
        {found.hasNextPage && asked !== '' && (
          <button type="button" className={css.more} onClick={() => void found.fetchNextPage()}>
            {t('search.more')}
          </button>
        )}
      </div>
    </Modal>
  )
}

interface FoundProps {
  id: string
  isCurrent: boolean
  onOpen: () => void
}

function Found({ id, isCurrent, onOpen, children }: PropsWithChildren<FoundProps>) {
  return (
    <button
      type="button"
      role="option"
      id={id}
      aria-selected={isCurrent}
      tabIndex={-1}
      className={css.hit}
      onClick={onOpen}
    >
      {children}
    </button>
  )
}

function ContactHit({ contact, ...place }: FoundProps & { contact: ContactView }) {
  const { networkName } = useDirectory()
  return (
    <Found {...place}>
      <Face name={contact.name} id={contact.id} avatar={contact.avatar} size={32} />
      <span className={css.words}>
        <strong dir="auto">{contact.name}</strong>
        <span className={css.dim}>
          {contact.identities.map((each) => `${networkName(each.network)} ${addressOf(each)}`).join(' · ')}
        </span>
      </span>
    </Found>
  )
}

function Hit({ hit, ...place }: FoundProps & { hit: MessageHit }) {
  const { language } = useDirectory()
  return (
    <Found {...place}>
      {hit.network ? <NetworkMark network={hit.network} size={18} /> : <span />}
      <span className={css.words}>
        <span className={css.dim}>
          <bdi>{hit.conversationName}</bdi>
          {hit.authorName && hit.authorName !== hit.conversationName && (
            <>
              {' · '}
              <bdi>{hit.authorName}</bdi>
            </>
          )}
        </span>
        <span className={css.excerpt} dir="auto">
          <Marked words={hit.words} marks={hit.marks} />
        </span>
      </span>
      <time className={css.dim} dateTime={hit.at} title={fullTime(hit.at, language)}>
        {rowTime(hit.at, language)}
      </time>
    </Found>
  )
}

function Marked({ words, marks }: Pick<MessageHit, 'words' | 'marks'>) {
  const borders = marks.map(([, to]) => to)
  return (
    <>
      {marks.map(([from, to], index) => (
        <Fragment key={from}>
          {words.slice(borders[index - 1] ?? 0, from)}
          <mark>{words.slice(from, to)}</mark>
        </Fragment>
      ))}
      {words.slice(borders.at(-1) ?? 0)}
    </>
  )
}
