/** What shall break in an emulator, how often still, and what has been met. */
import type { Fault, FaultName, Never } from './emulator.ts'

export interface Faults {
  /** @throws where the network cannot have it */
  add(fault: Fault, times?: number): void
  calm(): void
  /** The next one of these, used up by one. */
  take<Name extends FaultName>(...names: Name[]): Extract<Fault, { is: Name }> | undefined
  isOn(name: FaultName): boolean
  onCalm(listener: () => void): void
  /** Kinds that broke something since the emulator was opened: who asks for one that is never met has proven nothing. */
  readonly met: ReadonlySet<FaultName>
}

export function noFaults(never: Never = {}): Faults {
  const met = new Set<FaultName>()
  let waiting: { fault: Fault; times: number }[] = []
  let listeners: (() => void)[] = []
  return {
    met,
    add: (fault, times = 1) => {
      const why = never[fault.is]
      if (why !== undefined) throw new Error(`this network cannot have "${fault.is}": ${why}`)
      waiting.push({ fault, times })
    },
    calm: () => {
      waiting = []
      const now = listeners
      listeners = []
      for (const listener of now) listener()
    },
    take: <Name extends FaultName>(...names: Name[]) => {
      const found = waiting.find(({ fault }) => (names as FaultName[]).includes(fault.is))
      if (!found) return undefined
      met.add(found.fault.is)
      if (--found.times <= 0) waiting = waiting.filter((each) => each !== found)
      return found.fault as Extract<Fault, { is: Name }>
    },
    isOn: (name) => {
      const isSo = waiting.some(({ fault }) => fault.is === name)
      if (isSo) met.add(name)
      return isSo
    },
    onCalm: (listener) => listeners.push(listener),
  }
}
