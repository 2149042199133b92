/** The Bot API in writing, as its readers at github.com/PaulSonOfLars/telegram-bot-api-spec give it, and what a value breaks of it. Tests only. */
export interface Specification {
  methods: Record<string, Described & { returns: string[] }>
  types: Record<string, Described>
}

interface Described {
  name: string
  /** Absent: an object without any. */
  fields?: { name: string; types: string[]; required: boolean }[]
  /** One of these, instead of fields. */
  subtypes?: string[]
}

export const readSpecification = (text: string): Specification => JSON.parse(text) as Specification

const ARRAY = 'Array of '

/** @returns what hinders `value` from being one of `types`, nothing when it is one */
export function objectionsTo(value: unknown, types: readonly string[], spec: Specification, path = ''): string[] {
  const all = types.map((type) => objectionsToType(value, type, spec, path || type))
  // The type it is nearest to tells best what is wrong.
  return all.toSorted((a, b) => a.length - b.length)[0] ?? [`${path}: of no type`]
}

function objectionsToType(value: unknown, type: string, spec: Specification, path: string): string[] {
  if (type.startsWith(ARRAY)) {
    if (!Array.isArray(value)) return [`${path}: ${shown(value)} is no ${type}`]
    return value.flatMap((each) => objectionsTo(each, [type.slice(ARRAY.length)], spec, `${path}[]`))
  }
  const plain = PLAIN[type]
  if (plain) return plain(value) ? [] : [`${path}: ${shown(value)} is no ${type}`]
  const described = spec.types[type]
  if (!described) return [`${path}: the specification has no type ${type}`]
  if (described.subtypes) return objectionsTo(value, described.subtypes, spec, path)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${path}: ${shown(value)} is no ${type}`]
  return objectionsToObject(value as Record<string, unknown>, described, spec, path)
}

const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  Integer: (value) => Number.isSafeInteger(value),
  Float: (value) => typeof value === 'number',
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  // By an id, an address, or `attach://name`.
  InputFile: (value) => typeof value === 'string',
}

function objectionsToObject(
  value: Record<string, unknown>,
  { name, fields = [] }: Described,
  spec: Specification,
  path: string,
): string[] {
  const known = new Map(fields.map((field) => [field.name, field]))
  return [
    ...fields.flatMap((field) =>
      field.required && value[field.name] === undefined ? [`${path}.${field.name}: ${name} must have it`] : [],
    ),
    ...Object.entries(value).flatMap(([key, each]) => {
      const field = known.get(key)
      if (!field) return [`${path}.${key}: ${name} has no such field`]
      return each === undefined ? [] : objectionsTo(each, field.types, spec, `${path}.${key}`)
    }),
  ]
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 60)
