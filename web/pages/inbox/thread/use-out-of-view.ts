import { useEffect, useState, type RefObject } from 'react'

/** A tall element never crosses the larger parts of itself, so they lie close. */
const PARTS = Array.from({ length: 21 }, (_, index) => index / 20)
const NONE: ReadonlySet<string> = new Set()

/** Which of these elements do not stand before the reader's eyes: whole in the box, or over half of it where they are larger. */
export function useOutOfView(box: RefObject<HTMLElement | null>, ids: readonly string[]): ReadonlySet<string> {
  const [out, setOut] = useState(NONE)
  const names = ids.join(' ')
  useEffect(() => {
    if (!box.current || names === '') return
    const watch = new IntersectionObserver(
      (entries) =>
        setOut((before) => {
          const next = new Set(before)
          for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
            const isSeen = intersectionRatio > 0.99 || intersectionRect.height > (rootBounds?.height ?? 0) / 2
            if (isSeen) next.delete(target.id)
            else next.add(target.id)
          }
          return next
        }),
      { root: box.current, threshold: PARTS },
    )
    for (const id of names.split(' ')) {
      const element = document.getElementById(id)
      if (element) watch.observe(element)
    }
    return () => watch.disconnect()
  }, [box, names])
  return out
}
