import { useEffect, useState } from 'react'
import type { Snapshot } from '../snapshot.ts'

/** The newest picture of all screens; null until the first came. `isAlive`: the playground still runs. */
export function useSnapshot(): { snapshot: Snapshot | null; isAlive: boolean } {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null)
  const [isAlive, setAlive] = useState(true)
  useEffect(() => {
    const source = new EventSource('/api/screens')
    source.onmessage = (event: MessageEvent<string>) => {
      setSnapshot(JSON.parse(event.data) as Snapshot)
      setAlive(true)
    }
    source.onerror = () => setAlive(false)
    return () => source.close()
  }, [])
  return { snapshot, isAlive }
}
