import { ActionIcon, Button, CloseButton, Menu, Skeleton, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import {
  IconAdjustmentsHorizontal,
  IconCheck,
  IconFilter,
  IconListCheck,
  IconMenu2,
  IconSearch,
} from '@tabler/icons-react'
import { Suspense, useEffect, useRef, useState } from 'react'
import type { ConversationRow as Row } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { shownKeys } from '../../../app/keys.ts'
import { lazily } from '../../../app/lazily.ts'
import { useWords } from '../../../app/words.ts'
import { useDrafted } from '../composer/drafted.ts'
import { useDirectory } from '../directory.tsx'
import type { InboxSearch, ListQuery, ViewName } from '../search.ts'
import { useDelayed } from '../thread/use-delayed.ts'
import type { BulkBarProps } from './bulk-bar.tsx'
import { ConversationList } from './conversation-list.tsx'
import { ROW_HEIGHTS, type Density } from './conversation-row.tsx'
import { EmptyList } from './empty-list.tsx'
import css from './list.module.css'
import type { useConversations } from './use-conversations.ts'

export const loadBulkBar = () => import('./bulk-bar.tsx')
const BulkBar = lazily(loadBulkBar, 'BulkBar')

export interface ListPaneProps {
  query: ListQuery
  list: ReturnType<typeof useConversations>
  density: Density
  open: ConversationId | null
  chosen: ReadonlySet<ConversationId>
  isChoosing: boolean
  /** null: whoever sits here may change nothing. */
  onChooseSeveral: (() => void) | null
  bulk: BulkBarProps
  hasChannels: boolean
  onDensity: (density: Density) => void
  onQuery: (change: Partial<InboxSearch>) => void
  onOpen: (row: Row) => void
  onChoose: (row: Row, isRange: boolean) => void
  onOrder: (rows: Row[]) => void
  onWalk: (step: 1 | -1) => void
  onSearch: () => void
  /** On narrow screens: the views are behind a button. */
  onViews: (() => void) | null
}

const DENSITIES: readonly Density[] = ['compact', 'normal', 'roomy']

export function ListPane(props: ListPaneProps) {
  const { query, list, density, open, chosen, bulk, onQuery, onViews } = props
  const t = useWords('inbox')
  const drafts = useDrafted()
  const isSlow = useDelayed(list.isPending)
  const { channels } = useDirectory()
  return (
    <section
      className={css.pane}
      aria-label={t('list.label')}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
        if (!(event.target instanceof HTMLButtonElement)) return
        event.preventDefault()
        props.onWalk(event.key === 'ArrowDown' ? 1 : -1)
      }}
    >
      <header className={css.head}>
        <div className={css.title}>
          {onViews && (
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={onViews} aria-label={t('views.label')}>
              <IconMenu2 size={19} />
            </ActionIcon>
          )}
          <h1>{titleOf(query)}</h1>
          <Tooltip label={`${t('search.label')} ${shownKeys('/').join('')}`}>
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={props.onSearch} aria-label={t('search.label')}>
              <IconSearch size={18} />
            </ActionIcon>
          </Tooltip>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('list.more')}>
                <IconAdjustmentsHorizontal size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {props.onChooseSeveral && (
                <>
                  <Menu.Item leftSection={<IconListCheck size={16} aria-hidden />} onClick={props.onChooseSeveral}>
                    {t('list.chooseSeveral')}
                  </Menu.Item>
                  <Menu.Divider />
                </>
              )}
              <Menu.Label>{t('list.look')}</Menu.Label>
              {DENSITIES.map((each) => (
                <Menu.Item
                  key={each}
                  rightSection={each === density ? <IconCheck size={14} aria-label={t('road.chosen')} /> : null}
                  onClick={() => props.onDensity(each)}
                >
                  {t(`density.${each}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </div>
        <Filter value={query.q ?? ''} onChange={(q) => onQuery(q === '' ? { q: undefined as never } : { q })} />
        <div className={css.filters}>
          {query.channel && (
            <Chip
              words={t('list.onlyChannel', { name: channels.get(query.channel)?.name ?? '' })}
              onClear={() => onQuery({ channel: undefined as never })}
            />
          )}
          {query.assignee && (
            <Chip words={t('list.onlyAssignee')} onClear={() => onQuery({ assignee: undefined as never })} />
          )}
          {query.status && (
            <Chip words={t(`status.${query.status}`)} onClear={() => onQuery({ status: undefined as never })} />
          )}
        </div>
      </header>
      {props.isChoosing && (
        <Suspense>
          <BulkBar {...bulk} />
        </Suspense>
      )}
      {list.isError && list.rows.length === 0 ? (
        <Failure error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        isSlow && <Waiting density={density} />
      ) : list.rows.length === 0 ? (
        <EmptyList
          view={query.view}
          q={query.q}
          isFiltered={query.channel !== undefined || query.status !== undefined || query.assignee !== undefined}
          hasChannels={props.hasChannels}
        />
      ) : (
        <ConversationList
          rows={list.rows}
          density={density}
          open={open}
          chosen={chosen}
          isChoosing={props.isChoosing}
          drafts={drafts}
          hasMore={list.hasNextPage && !list.isFetchingNextPage}
          loadMore={() => void list.fetchNextPage()}
          onOpen={props.onOpen}
          onChoose={props.onChoose}
          onOrder={props.onOrder}
        />
      )}
    </section>
  )

  function titleOf({ view }: { view: ViewName }): string {
    return t(`view.${view}`)
  }
}

const REST_MS = 250

/** Narrows this view by name or address; the whole history is searched by `/`. */
function Filter({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const t = useWords('inbox')
  const [typed, setTyped] = useState(value)
  const said = useRef(value)
  const say = useDebouncedCallback((q: string) => {
    said.current = q
    onChange(q)
  }, REST_MS)
  // The address changed by itself: another view, the way back.
  useEffect(() => {
    if (value !== said.current) {
      said.current = value
      setTyped(value)
    }
  }, [value])
  return (
    <TextInput
      size="xs"
      leftSection={<IconFilter size={14} aria-hidden />}
      placeholder={t('list.filter')}
      aria-label={t('list.filter')}
      value={typed}
      maxLength={200}
      rightSection={
        typed === '' ? null : (
          <CloseButton size="xs" aria-label={t('list.filterClear')} onClick={() => (setTyped(''), say(''))} />
        )
      }
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        say(event.currentTarget.value.trim())
      }}
    />
  )
}

function Chip({ words, onClear }: { words: string; onClear: () => void }) {
  const t = useWords('inbox')
  return (
    <Button
      size="compact-xs"
      variant="light"
      rightSection={<span aria-hidden>×</span>}
      onClick={onClear}
      aria-label={t('list.clearFilter', { words })}
    >
      {words}
    </Button>
  )
}

function Waiting({ density }: { density: Density }) {
  return (
    <div aria-hidden>
      {[0, 1, 2, 3, 4, 5, 6].map((index) => (
        <div key={index} className={css.row} style={{ height: ROW_HEIGHTS[density], padding: 12 }}>
          <Skeleton height={density === 'compact' ? 18 : 38} radius="md" />
        </div>
      ))}
    </div>
  )
}

function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useWords('inbox')
  const { title, next } = wordsOfFailure(error)
  return (
    <div className={css.empty} role="alert">
      <h2>{title}</h2>
      <p>{next}</p>
      <Button variant="default" onClick={onRetry}>
        {t('again')}
      </Button>
    </div>
  )
}
