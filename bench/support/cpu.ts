/** CPU of a whole process tree, from /proc: what a figure costs, whoever else uses the machine. */
import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second; 100 on every Linux that Parley runs on. */
const TICKS = 100

interface Process {
  pid: number
  parent: number
  /** Its own and that of its children that have ended. */
  cpuMs: number
}

function all(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The name may hold spaces and brackets: count from the last one.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
      return [{ pid: Number(name), parent: Number(fields[1]), cpuMs: (ticks * 1000) / TICKS }]
    } catch {
      return []
    }
  })
}

function treeOf(roots: readonly number[]): Process[] {
  const processes = all()
  const wanted = new Set(roots)
  for (let grew = true; grew;) {
    grew = false
    for (const { pid, parent } of processes) {
      if (wanted.has(parent) && !wanted.has(pid)) {
        wanted.add(pid)
        grew = true
      }
    }
  }
  return processes.filter(({ pid }) => wanted.has(pid))
}

/** Milliseconds used so far by these processes and all below them. */
export const cpuMsOf = (roots: readonly number[]): number => treeOf(roots).reduce((sum, each) => sum + each.cpuMs, 0)

/** Proportional memory of a tree, in MB: pages that several share are counted once. */
export function memoryMbOf(roots: readonly number[]): number {
  return treeOf(roots).reduce((sum, { pid }) => {
    try {
      const found = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
      return sum + Number(found?.[1] ?? 0) / 1024
    } catch {
      return sum
    }
  }, 0)
}
