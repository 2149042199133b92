/**
 * Stands in for zod in the built window. The declarations of `contract/` are made as ever and their schemas come to nothing: method and
 * path are all that a call needs. Whoever tries to read with one is told at once; `z.enum(…).options` keeps its values.
 */
const READING = new Set(['parse', 'safeParse', 'parseAsync', 'safeParseAsync'])

const nothing: unknown = new Proxy(function schema() {}, {
  get: (_, name) =>
    READING.has(String(name))
      ? () => {
          throw new Error('schemas are not part of the built window')
        }
      : name === Symbol.toPrimitive || name === 'then'
        ? undefined
        : nothing,
  apply: (_, __, [first]: unknown[]) =>
    Array.isArray(first) && typeof first[0] === 'string' ? anEnum(first) : nothing,
})

/** Its values can be listed; the rest of it is nothing. */
function anEnum(options: unknown[]): unknown {
  return new Proxy(nothing as object, {
    get: (_, name) => (name === 'options' ? options : Reflect.get(nothing as object, name)),
  })
}

export const z = nothing
export default nothing
