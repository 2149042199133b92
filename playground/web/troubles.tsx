/** Buttons that break the platform, so that anyone sees how Parley copes. */
import { useState } from 'react'
import type { NetworkShown } from '../snapshot.ts'
import { breakNetwork } from './acts.ts'
import { useWords } from './words.ts'

export function Troubles({ network }: { network: NetworkShown }) {
  const words = useWords()
  const [isOpen, setOpen] = useState(network.broken.length > 0)
  return (
    <details className="troubles" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.break}</summary>
      <div className="trouble-list">
        {network.troubles.map((trouble) => {
          const [label, about] = words.trouble[trouble]
          return (
            <button
              key={trouble}
              type="button"
              title={about}
              aria-pressed={network.broken.includes(trouble)}
              onClick={() => void breakNetwork(network.folder, trouble)}
            >
              <strong>{label}</strong>
              <small>{about}</small>
            </button>
          )
        })}
        <button type="button" className="mend" onClick={() => void breakNetwork(network.folder, null)}>
          <strong>{words.mend}</strong>
        </button>
      </div>
    </details>
  )
}
