/** What shall break, and how often still. */
import type { Fault, FaultName } from '#connector-kit/emulator/emulator.ts'

export interface Faults {
  add(fault: Fault, times: number): void
  calm(): void
  /** The next one of these, used up by one. */
  take<Name extends FaultName>(...names: Name[]): Extract<Fault, { is: Name }> | undefined
  isOn(name: FaultName): boolean
  onCalm(listener: () => void): void
}

export function noFaults(): Faults {
  let waiting: { fault: Fault; times: number }[] = []
  let listeners: (() => void)[] = []
  return {
    add: (fault, times) => waiting.push({ fault, times }),
    calm: () => {
      waiting = []
      const now = listeners
      listeners = []
      for (const listener of now) listener()
    },
    take: <Name extends FaultName>(...names: Name[]) => {
      const found = waiting.find(({ fault }) => (names as FaultName[]).includes(fault.is))
      if (!found) return undefined
      if (--found.times <= 0) waiting = waiting.filter((each) => each !== found)
      return found.fault as Extract<Fault, { is: Name }>
    },
    isOn: (name) => waiting.some(({ fault }) => fault.is === name),
    onCalm: (listener) => listeners.push(listener),
  }
}
