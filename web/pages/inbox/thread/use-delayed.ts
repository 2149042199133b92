import { useEffect, useState } from 'react'

/** Nothing is shown for a wait shorter than this: what flickers feels slower than what waits. */
const SHOWN_AFTER_MS = 150

export function useDelayed(isOn: boolean): boolean {
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    if (!isOn) return
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER_MS)
    return () => {
      clearTimeout(timer)
      setShown(false)
    }
  }, [isOn])
  return isOn && isShown
}
