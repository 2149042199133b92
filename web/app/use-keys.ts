import { useEffect, useRef } from 'react'
import { addKeys, type KeyAct } from './keys.ts'

/** Keys of this component while it is on the screen: `useKeys([{ keys: 'r', about: t('keys.reply'), run: reply }])`. */
export function useKeys(acts: readonly KeyAct[]): void {
  const latest = useRef(acts)
  useEffect(() => {
    latest.current = acts
  })
  const names = acts.map((act) => `${act.keys}\n${act.about}`).join('\n')
  useEffect(
    () =>
      addKeys({
        acts: latest.current.map((act, at) => ({ ...act, run: () => latest.current[at]?.run() })),
      }),
    // The acts themselves are read when pressed.
    [names],
  )
}
