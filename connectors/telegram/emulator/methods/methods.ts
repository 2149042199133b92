/** All calls the emulator knows; names are compared without case, as the server does. */
import { about } from './about.ts'
import { changing } from './changing.ts'
import type { Method } from './method.ts'
import { receiving } from './receiving.ts'
import { sending } from './sending.ts'

export function methodsFor(anyHost: boolean): ReadonlyMap<string, Method & { name: string }> {
  const all = { ...about, ...receiving(anyHost), ...sending, ...changing }
  return new Map(Object.entries(all).map(([name, method]) => [name.toLowerCase(), { ...method, name }]))
}
