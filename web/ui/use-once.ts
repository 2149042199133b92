import { useRef, useState } from 'react'

/**
 * An act that a second press does not repeat: not while it runs, and not while what it closes is still going away. A failure
 * lets it be tried again; it is told where the call was made.
 */
export function useOnce<Given extends unknown[]>(act: (...given: Given) => Promise<unknown>) {
  const [isBegun, setBegun] = useState(false)
  // Two presses may come before one drawing.
  const begun = useRef(false)
  const set = (to: boolean) => {
    begun.current = to
    setBegun(to)
  }
  const again = () => set(false)
  const run = (...given: Given) => {
    if (begun.current) return
    set(true)
    act(...given).catch(again)
  }
  return { isBegun, run, again }
}
