import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Target } from './permit.ts'
import { isPublicAddress } from './public-address.ts'
import { Unlisted, WireFailure } from './wire-failure.ts'

/** All addresses of a name, as this machine would connect to it. Throws when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** The machine's own way to resolve names: hosts file, search rules, DNS. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

/**
 * Resolves and checks in one step, so that what was checked is what is dialled: a second look at DNS could give another answer.
 * One private address among several refuses them all.
 */
export function checkedAddresses(resolve: Resolve): (target: Target, where: string) => Promise<readonly string[]> {
  // many connections to one host begin together (a burst of sends): they share the answer, nothing outlives them
  const asked = new Map<string, Promise<readonly string[]>>()

  async function ask(host: string, where: string): Promise<readonly string[]> {
    let answer = asked.get(host)
    if (!answer) {
      answer = resolve(host).finally(() => asked.delete(host))
      asked.set(host, answer)
    }
    try {
      return await answer
    } catch (cause) {
      throw new WireFailure('dns', `${where}: the name cannot be resolved`, { cause })
    }
  }

  return async (target, where) => {
    const addresses = isIP(target.host) === 0 ? await ask(target.host, where) : [target.host]
    if (addresses.length === 0) throw new WireFailure('dns', `${where}: the name has no address`)
    if (!target.mayBePrivate && !addresses.every(isPublicAddress))
      throw new WireFailure('refused_by_guard', `${where}: a private address`, {
        cause: new Unlisted('private_host', where),
      })
    return addresses
  }
}
