import { useEffect, useRef, useState } from 'react'

/**
 * Leads to the first field that is marked as wrong: the keyboard stands on it, and it is in view. The button that was pressed may be a
 * screen below.
 */
export function useFirstFault() {
  const form = useRef<HTMLFormElement>(null)
  const [asked, ask] = useState(0)
  useEffect(() => {
    if (asked === 0) return
    const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    field?.focus({ preventScroll: true })
    field?.scrollIntoView({ block: 'center' })
  }, [asked])
  return {
    form,
    /** Once the marks stand that are being set now. */
    toFirstFault: () => ask((times) => times + 1),
  }
}
