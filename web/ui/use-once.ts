import { useRef, useState } from 'react'

/**
 * An act that a second press does not repeat: not while it runs, and not while what it closes is still going away. A failure
 * lets it be tried again; it is told where the call was made.
 */
export function useOnce(act: () => Promise<unknown>) {
  const [isBegun, setBegun] = useState(false)
  // Two presses may come before one drawing.
  const begun = useRef(false)
  const set = (to: boolean) => {
    begun.current = to
    setBegun(to)
  }
  const again = () => set(false)
  const run = () => {
    if (begun.current) return
    set(true)
    act().catch(again)
  }
  return { isBegun, run, again }
}
