/**
 * Secrets are write-only: a form never had them, so what it leaves out stays as it was. Where the place changes that they are sent to, they
 * are wanted again: whoever may edit a channel could else have its password sent to a server of his own.
 */
import { isDeepStrictEqual } from 'node:util'
import { WANTED_AGAIN } from '#contract/calls/channels.ts'
import { Refused } from '#server/platform/problem.ts'

type Settings = Record<string, unknown>
/** Of a form, as JSON Schema. */
interface Schema {
  properties?: Record<string, { secret?: boolean; leads?: boolean }>
}

/** Names of write-only fields, from the schema that draws the form. */
export const secretNames = ({ properties = {} }: Schema): string[] =>
  Object.keys(properties).filter((name) => properties[name]?.secret)

/** Names of fields that say where a channel connects to. A connector may say that a field does not (`leads: false`), e.g. a page to show. */
export const leadingNames = ({ properties = {} }: Schema): string[] =>
  Object.entries(properties).flatMap(([name, property]) =>
    (property.leads ?? (isPlaceName(name) || namesPlace(property))) ? [name] : [],
  )

const isPlaceName = (name: string): boolean =>
  /^(proxy|server|domain|endpoint)$|^(host|port|url)(name)?$|[a-z](Host|Port|Url|Server)$/.test(name)

/** A URL or a host, at whatever depth; patterns of URLs are told by their slashes. */
function namesPlace(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  return Object.entries(schema).some(([key, value]) => {
    if (key === 'format') return ['uri', 'hostname', 'ipv4', 'ipv6'].includes(value as string)
    if (key === 'pattern') return String(value).replaceAll('\\', '').includes('://')
    if (key === 'properties' && Object.keys(value as object).some(isPlaceName)) return true
    return key !== 'label' && key !== 'hint' && namesPlace(value)
  })
}

/**
 * @param changed  the settings that were given, read by the connector's schema with all stored secrets filled in
 * @throws Refused `invalid`, one field for each secret that must be written again
 */
export function mayKeepSecrets(schema: Schema, stored: Settings, given: Settings, changed: Settings): void {
  const leading = leadingNames(schema)
  if (leading.every((name) => isDeepStrictEqual(stored[name], changed[name]))) return
  const missing = secretNames(schema).filter((name) => name in stored && !(name in given) && !leading.includes(name))
  if (missing.length > 0)
    throw new Refused('invalid', {
      fields: missing.map((name) => ({ path: `settings.${name}`, reason: WANTED_AGAIN })),
    })
}
