import { useRef, type KeyboardEvent, type PointerEvent } from 'react'
import css from './edge.module.css'

export interface EdgeProps {
  label: string
  width: number
  least: number
  most: number
  /** Where a double click puts it. */
  home: number
  /** Which edge of its pane it is. */
  side: 'left' | 'right'
  onWidth: (width: number) => void
}

const KEY_STEP = 16

/** The edge of a pane: drags, walks by arrows, and goes home by a double click. */
export function Edge({ label, width, least, most, home, side, onWidth }: EdgeProps) {
  const from = useRef<{ x: number; width: number } | null>(null)
  const way = side === 'right' ? 1 : -1
  const set = (next: number) => onWidth(Math.round(Math.max(least, Math.min(most, next))))
  return (
    <div
      className={css.edge}
      data-side={side}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={(event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        from.current = { x: event.clientX, width }
      }}
      onPointerMove={(event: PointerEvent) => {
        if (from.current) set(from.current.width + (event.clientX - from.current.x) * way)
      }}
      onPointerUp={() => (from.current = null)}
      onDoubleClick={() => onWidth(home)}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        event.preventDefault()
        set(width + (event.key === 'ArrowRight' ? KEY_STEP : -KEY_STEP) * way)
      }}
    />
  )
}
