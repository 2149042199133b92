/**
 * The form of a connector's settings, read from its JSON Schema: nobody draws a form by hand.
 *
 * schema → fieldsOf → Field[]  ·  startOf(fields, saved) → values → faultsIn(…) → settingsOf(…) → body of the call
 *
 * Marks beside the schema: `label`, `hint`, `options` in each language, `secret` (write-only), `makes` (a secret that is ours to choose),
 * `advanced` (folded away).
 */
import type { Words } from '#contract/manifest.ts'
import { looksLikeEmail } from '../../../app/looks-like-email.ts'

export interface FieldBase {
  /** Inside its group; the whole path joins them with dots. */
  readonly name: string
  readonly label: Words
  readonly hint: Words | null
  readonly isWanted: boolean
  readonly isSecret: boolean
  /** Random bytes of a secret that the window can make. */
  readonly makes: number | null
  readonly isAdvanced: boolean
}

export interface Option {
  readonly value: string
  readonly label: Words
}

export type Field = FieldBase &
  (
    | {
        kind: 'text'
        format: string | null
        pattern: string | null
        shortest: number
        longest: number | null
        start: string
      }
    | { kind: 'number'; isWhole: boolean; least: number | null; most: number | null; start: number | null }
    | { kind: 'switch'; start: boolean }
    | { kind: 'choice'; options: readonly Option[]; start: string | null }
    | { kind: 'choices'; options: readonly Option[]; start: readonly string[] }
    | { kind: 'list'; fewest: number; start: readonly string[] }
    | { kind: 'group'; fields: readonly Field[] }
    | { kind: 'groups'; fields: readonly Field[]; fewest: number }
  )

export type Values = { [name: string]: Value }
export type Value = string | number | boolean | null | string[] | Values | Values[]

interface Schema {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
  default?: unknown
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  label?: Words
  hint?: Words
  secret?: boolean
  makes?: number
  advanced?: boolean
  options?: Record<string, Words>
}

/** Wanted ones first is the connector's own order: it is kept. */
export function fieldsOf(schema: Record<string, unknown>): Field[] {
  const { properties = {}, required = [] } = schema as Schema
  return Object.entries(properties).map(([name, property]) => fieldOf(name, bare(property), required.includes(name)))
}

/** A schema that also allows null, or has one form only, is that form. */
function bare(schema: Schema): Schema {
  const { anyOf, ...marks } = schema
  const forms = anyOf?.filter((form) => form.type !== 'null') ?? []
  return forms.length === 1 ? { ...forms[0], ...marks } : schema
}

function fieldOf(name: string, schema: Schema, isWanted: boolean): Field {
  const base: FieldBase = {
    name,
    label: schema.label ?? { en: spaced(name), ru: spaced(name) },
    hint: schema.hint ?? null,
    isWanted,
    isSecret: schema.secret === true,
    makes: schema.makes ?? null,
    isAdvanced: schema.advanced === true,
  }
  const optionsOf = (values: unknown[]): Option[] =>
    values.map((value) => ({
      value: String(value),
      label: schema.options?.[String(value)] ?? { en: spaced(String(value)), ru: spaced(String(value)) },
    }))
  if (schema.enum)
    return {
      ...base,
      kind: 'choice',
      options: optionsOf(schema.enum),
      start: typeof schema.default === 'string' ? schema.default : null,
    }
  switch (schema.type ?? 'string') {
    case 'boolean':
      return { ...base, kind: 'switch', start: schema.default === true }
    case 'integer':
    case 'number':
      return {
        ...base,
        kind: 'number',
        isWhole: schema.type === 'integer',
        least: schema.minimum ?? null,
        most: schema.maximum ?? null,
        start: typeof schema.default === 'number' ? schema.default : null,
      }
    case 'object':
      return { ...base, kind: 'group', fields: fieldsOf(schema as Record<string, unknown>) }
    case 'array': {
      const start = Array.isArray(schema.default) ? schema.default.map(String) : []
      if (schema.items?.enum) return { ...base, kind: 'choices', options: optionsOf(schema.items.enum), start }
      if (schema.items?.type === 'object')
        return {
          ...base,
          kind: 'groups',
          fields: fieldsOf(schema.items as Record<string, unknown>),
          fewest: schema.minItems ?? 0,
        }
      return { ...base, kind: 'list', fewest: schema.minItems ?? 0, start }
    }
    default:
      return {
        ...base,
        kind: 'text',
        format: schema.format ?? null,
        pattern: schema.pattern ?? null,
        shortest: schema.minLength ?? 0,
        longest: schema.maxLength ?? null,
        start: typeof schema.default === 'string' ? schema.default : '',
      }
  }
}

/** `clientSecret` → `Client secret`: better than nothing where a connector gives no label. */
function spaced(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What the form begins with: what is saved, else the schema's defaults. Secrets are never known: empty. */
export function startOf(fields: readonly Field[], saved: Record<string, unknown> = {}): Values {
  return Object.fromEntries(fields.map((field) => [field.name, startingValue(field, saved[field.name])]))
}

function startingValue(field: Field, saved: unknown): Value {
  switch (field.kind) {
    case 'group':
      return startOf(field.fields, (saved ?? {}) as Record<string, unknown>)
    case 'groups':
      return Array.isArray(saved) ? saved.map((each) => startOf(field.fields, each as Record<string, unknown>)) : []
    case 'list':
    case 'choices':
      return Array.isArray(saved) ? saved.map(String) : [...field.start]
    case 'text':
      return typeof saved === 'string' ? saved : field.start
    case 'number':
      return typeof saved === 'number' ? saved : field.start
    case 'switch':
      return typeof saved === 'boolean' ? saved : field.start
    case 'choice':
      return typeof saved === 'string' ? saved : field.start
  }
}

export type FaultCode = 'wanted' | 'pattern' | 'email' | 'url' | 'short' | 'long' | 'number' | 'few'
export interface Fault {
  readonly code: FaultCode
  readonly limit?: number
}

/** path → what is wrong there. A secret that is set already may stay empty. */
export function faultsIn(
  fields: readonly Field[],
  values: Values,
  secretsSet: readonly string[] = [],
  prefix = '',
): Map<string, Fault> {
  const faults = new Map<string, Fault>()
  for (const field of fields) {
    const path = `${prefix}${field.name}`
    const value = values[field.name] ?? null
    if (field.kind === 'group')
      for (const [inner, fault] of faultsIn(field.fields, value as Values, [], `${path}.`)) faults.set(inner, fault)
    else if (field.kind === 'groups')
      for (const [at, each] of (value as Values[]).entries())
        for (const [inner, fault] of faultsIn(field.fields, each, [], `${path}.${at}.`)) faults.set(inner, fault)
    else {
      const fault = faultOf(field, value, secretsSet.includes(field.name))
      if (fault) faults.set(path, fault)
    }
  }
  return faults
}

function faultOf(field: Field, value: Value, isSet: boolean): Fault | null {
  if (field.kind === 'list' || field.kind === 'choices') {
    const fewest = field.kind === 'list' ? field.fewest : 0
    return (value as string[]).length < Math.max(fewest, field.isWanted && field.kind === 'list' ? 1 : 0)
      ? { code: 'few', limit: Math.max(fewest, 1) }
      : null
  }
  if (value === '' || value === null) return field.isWanted && !isSet ? { code: 'wanted' } : null
  if (field.kind === 'number') {
    const number = value as number
    const isOut = (field.least !== null && number < field.least) || (field.most !== null && number > field.most)
    return isOut || (field.isWhole && !Number.isInteger(number)) ? { code: 'number' } : null
  }
  if (field.kind !== 'text') return null
  const text = (value as string).trim()
  if (field.format === 'email' && !looksLikeEmail(text)) return { code: 'email' }
  if (field.format === 'uri' && !URL.canParse(text)) return { code: 'url' }
  if (text.length < field.shortest) return { code: 'short', limit: field.shortest }
  if (field.longest !== null && text.length > field.longest) return { code: 'long', limit: field.longest }
  // Formats bring a pattern of their own, stricter than people can be told.
  if (field.pattern !== null && field.format === null && !matches(field.pattern, text)) return { code: 'pattern' }
  return null
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    // A pattern of another dialect: the server will say.
    return true
  }
}

/** What is sent: empty optional fields are left out, and so are secrets that nobody typed. */
export function settingsOf(fields: readonly Field[], values: Values): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field): [string, unknown][] => {
      const value = values[field.name] ?? null
      if (field.kind === 'group') {
        const inner = settingsOf(field.fields, value as Values)
        return Object.keys(inner).length > 0 || field.isWanted ? [[field.name, inner]] : []
      }
      if (field.kind === 'groups')
        return [[field.name, (value as Values[]).map((each) => settingsOf(field.fields, each))]]
      if (value === '' || value === null) return []
      return [[field.name, field.kind === 'text' ? (value as string).trim() : value]]
    }),
  )
}
