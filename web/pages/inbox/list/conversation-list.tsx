import { Button } from '@mantine/core'
import { IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, type MouseEvent } from 'react'
import type { ConversationRow as Row } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { ConversationRow, ROW_HEIGHTS, type Density } from './conversation-row.tsx'
import { heldOrder } from './held-order.ts'
import css from './list.module.css'

export interface ConversationListProps {
  rows: Row[]
  density: Density
  open: ConversationId | null
  chosen: ReadonlySet<ConversationId>
  isChoosing: boolean
  drafts: ReadonlyMap<ConversationId, boolean>
  hasMore: boolean
  loadMore: () => void
  onOpen: (row: Row) => void
  onChoose: (row: Row, isRange: boolean) => void
  /** Order as it is shown, for J and K. */
  onOrder: (rows: Row[]) => void
}

/** Rows begin to be asked for this far from the end. */
const AHEAD = 15

/** A virtual list: a hundred thousand rows cost what thirty do. Its order is held while the pointer or a choice is on it. */
export function ConversationList(props: ConversationListProps) {
  const { rows: fresh, density, open, chosen, isChoosing, drafts, hasMore, loadMore, onOpen, onChoose, onOrder } = props
  const t = useWords('inbox')
  const scroll = useRef<HTMLDivElement>(null)
  const [order, setOrder] = useState<readonly string[] | null>(null)
  const { rows, waiting } = useMemo(() => heldOrder(fresh, order), [fresh, order])
  const height = ROW_HEIGHTS[density]
  // oxlint-disable-next-line react/incompatible-library -- it measures by itself; nothing here is compiled
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]!.id,
    overscan: 8,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0

  useEffect(() => onOrder(rows), [rows, onOrder])
  const measure = useEffectEvent(() => virtual.measure())
  useEffect(() => measure(), [height])
  useEffect(() => {
    if (hasMore && last >= rows.length - AHEAD) loadMore()
  }, [hasMore, last, rows.length, loadMore])
  // The open row is brought into sight when J and K walk over the edge.
  const show = useEffectEvent((id: ConversationId | null) => {
    const index = id ? rows.findIndex((row) => row.id === id) : -1
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
  })
  useEffect(() => show(open), [open])

  // Steady functions: rows are drawn anew only when something of theirs changed.
  const canChoose = useDirectory().may('conversation.change')
  const latest = useRef({ onOpen, onChoose, canChoose, isChoosing })
  useEffect(() => {
    latest.current = { onOpen, onChoose, canChoose, isChoosing }
  })
  const pressedBy = useRef<string | null>(null)
  const pick = useCallback((row: Row, event: MouseEvent) => {
    if (latest.current.canChoose && (event.shiftKey || event.ctrlKey || event.metaKey))
      latest.current.onChoose(row, event.shiftKey)
    // A finger has no box to hit, and no key to hold.
    else if (latest.current.isChoosing && pressedBy.current === 'touch') latest.current.onChoose(row, false)
    else latest.current.onOpen(row)
    pressedBy.current = null
  }, [])
  const choose = useCallback((row: Row) => latest.current.onChoose(row, false), [])

  const hold = () => setOrder((before) => before ?? rows.map((row) => row.id))
  const release = () => {
    if (!isChoosing) setOrder(null)
  }
  const chooses = useEffectEvent((does: boolean) => {
    if (does) hold()
    else if (!scroll.current?.matches(':hover')) setOrder(null)
  })
  useEffect(() => chooses(isChoosing), [isChoosing])

  return (
    <div
      ref={scroll}
      className={css.scroll}
      onPointerEnter={(event) => event.pointerType === 'mouse' && hold()}
      onPointerLeave={release}
      // Browsers whose click is no pointer's yet say it only here.
      onPointerDown={(event) => (pressedBy.current = event.pointerType)}
      // Taken by the keyboard where it scrolls.
      tabIndex={-1}
    >
      {waiting > 0 && (
        <Button
          className={css.pill}
          size="compact-sm"
          radius="xl"
          leftSection={<IconArrowUp size={14} aria-hidden />}
          onClick={() => {
            setOrder(null)
            scroll.current?.scrollTo({ top: 0 })
          }}
        >
          {t('list.new', { count: waiting })}
        </Button>
      )}
      <ul className={css.space} style={{ height: virtual.getTotalSize() }} aria-label={t('list.label')}>
        {items.map(({ key, index, start }) => {
          const row = rows[index]!
          return (
            <li key={key} className={css.item} style={{ transform: `translateY(${start}px)` }}>
              <ConversationRow
                row={row}
                density={density}
                isOpen={row.id === open}
                isChosen={chosen.has(row.id)}
                isChoosing={isChoosing}
                hasDraft={drafts.get(row.id) ?? row.hasDraft ?? false}
                onOpen={pick}
                onChoose={choose}
              />
            </li>
          )
        })}
      </ul>
    </div>
  )
}
