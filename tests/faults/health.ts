/** Whether all is well again: what is said from now on is acknowledged and answered, at each account that is honest. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from './journals.ts'

/** @returns after how many milliseconds it was; null: not in time */
export async function untilWell(journals: readonly Journal[], patienceMs: number): Promise<number | null> {
  const began = performance.now()
  const marks = journals.map((journal) => ({ journal, said: journal.said.length, received: journal.received.length }))
  while (performance.now() - began < patienceMs) {
    if (marks.every(isWell)) return performance.now() - began
    await delay(100)
  }
  return null
}

function isWell({ journal, said, received }: { journal: Journal; said: number; received: number }): boolean {
  const answered = new Set(journal.received.slice(received).map(({ text }) => text))
  return journal.said.slice(said).some(({ acknowledged, text }) => acknowledged && answered.has(text))
}
