/**
 * Of the declared calls a browser needs method and path. The rest (schemas, rights, what the API's pages say) is left out of the built
 * window, and with it whatever only that named.
 */
import type { Plugin } from 'vite'

const KEPT = new Set(['method', 'path'])

interface Node {
  type: string
  start: number
  end: number
}
interface Call extends Node {
  callee: { name?: string }
  arguments: (Node & { properties?: (Node & { key?: { name?: string } })[] })[]
}
interface Declared extends Node {
  declaration?: { declarations?: { init?: Call }[] }
}

export const onlyAddresses = (): Plugin => ({
  name: 'only-addresses',
  apply: 'build',
  enforce: 'post',
  transform: {
    filter: { id: /\/contract\/calls\/\w+\.ts$/ },
    handler(code) {
      const { body } = this.parse(code) as unknown as { body: Declared[] }
      const calls = body
        .flatMap(({ declaration }) => declaration?.declarations ?? [])
        .flatMap(({ init }) => (init?.callee?.name === 'endpoint' ? [init.arguments[0]!] : []))
      // From the end, so that what stands before keeps its place.
      return calls.toReversed().reduce((text, { start, end, properties = [] }) => {
        const kept = properties.filter(({ key }) => KEPT.has(key?.name ?? ''))
        return `${text.slice(0, start)}{ ${kept.map((each) => code.slice(each.start, each.end)).join(', ')} }${text.slice(end)}`
      }, code)
    },
  },
})
