/** What this tab keeps over a reload of its page, and for nobody else: it goes with the tab, and with the session. */
const PREFIX = 'parley.tab.'

export function remembered<Value>(name: string): Value | null {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null') as Value | null
  } catch {
    // A browser may refuse to keep anything.
    return null
  }
}

export function remember(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // Then it lives as long as the page.
  }
}

export function forgetAll(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
  } catch {
    // There is nothing to forget.
  }
}
