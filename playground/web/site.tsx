import { useState } from 'react'
import { useWords } from './words.ts'

/** The shop's site in a frame, as its visitors see it; the chat in its corner is the real one. */
export function Site({ isOpen }: { isOpen: boolean }) {
  const words = useWords()
  const [count, setCount] = useState(0)
  if (!isOpen) return <p className="empty">{words.shopAway}</p>
  return (
    <>
      <iframe key={count} src="/shop/" title="shop" className="site" />
      <div className="under">
        <button type="button" onClick={() => setCount(count + 1)}>
          {words.reload}
        </button>
        <a href="/shop/" target="_blank" rel="noreferrer">
          /shop/ ↗
        </a>
      </div>
    </>
  )
}
