import { useState } from 'react'
import { useLanguage, useWords } from './words.ts'

/** The shop's site in a frame, as its visitors see it; the chat in its corner is the real one. */
export function Site({ isOpen }: { isOpen: boolean }) {
  const words = useWords()
  const language = useLanguage()
  const [count, setCount] = useState(0)
  if (!isOpen) return <p className="empty">{words.shopAway}</p>
  return (
    <>
      <iframe key={`${count} ${language}`} src={`/shop/?language=${language}`} title={words.shop} className="site" />
      <div className="under">
        <button type="button" onClick={() => setCount(count + 1)}>
          {words.reload}
        </button>
        <a href={`/shop/?language=${language}`} target="_blank" rel="noreferrer">
          /shop/ ↗
        </a>
      </div>
    </>
  )
}
