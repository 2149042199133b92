/** Any page will do: only whether the place leaves it is asked. */
const HERE = 'https://here.invalid'

/** The place inside the window to go on to after signing in. @returns undefined for whatever could lead elsewhere */
export function ownPlace(next: unknown): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/')) return undefined
  // As a browser reads it: it takes a backslash for a slash, and leaves out tabs and line ends.
  if (!URL.canParse(next, HERE)) return undefined
  const { origin, pathname } = new URL(next, HERE)
  return origin === HERE && !pathname.startsWith('//') ? next : undefined
}
