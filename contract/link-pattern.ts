/** Links of a manifest (`links.start`, `links.open`) filled in: `https://t.me/{handle}?start={token}`. `{page}` is an address itself. */
export const fillLink = (pattern: string, values: Readonly<Record<string, string | undefined>>): string =>
  pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'page' ? (values[name] ?? '') : encoded(values[name] ?? ''),
  )

/** An address stays one: of a `mailto:` whose `@` is encoded many programs make nothing (RFC 6068 §2), and RFC 3986 wants it nowhere. */
const encoded = (value: string): string => encodeURIComponent(value).replaceAll('%40', '@')
