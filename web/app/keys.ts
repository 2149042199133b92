/**
 * One map of keys for the whole window, proof against keyboard layouts: a typed Latin letter decides by itself (Dvorak and AZERTY
 * work), otherwise the physical key does, so О Л У are J K E. Signs count by sign or by place.
 *
 * chord     `j` · `shift+j` · `mod+k` · `?` · `]` · `escape` · `enter` · `arrowdown`; mod is Ctrl, on a Mac Cmd
 * sequence  `g i`: one after the other
 *
 * Single keys are off inside text fields and while an input method composes. A page says its keys with `useKeys` (`use-keys.ts`).
 */
export interface KeyAct {
  readonly keys: string
  /** Words for the sheet and for tooltips, in the member's language. */
  readonly about: string
  readonly run: () => void
  /** Also inside text fields; for chords with mod. */
  readonly inFields?: boolean
  /** Works and is not listed. */
  readonly hidden?: boolean
}

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** Signs by their place on a US keyboard, for layouts where they are elsewhere or nowhere. */
const SIGNS: Record<string, { plain: string; shifted: string }> = {
  Slash: { plain: '/', shifted: '?' },
  BracketRight: { plain: ']', shifted: '}' },
  BracketLeft: { plain: '[', shifted: '{' },
  Digit1: { plain: '1', shifted: '!' },
  Period: { plain: '.', shifted: '>' },
  Comma: { plain: ',', shifted: '<' },
}
const LISTED_SIGNS = new Set(['/', '?', ']', '[', '!', '.', ','])

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent)

/** What was pressed, as the chords that it may stand for; the first that somebody waits for is taken. */
export function chordsOf(press: Press, mac = false): string[] {
  const mods = [
    ...((mac ? press.metaKey : press.ctrlKey) ? ['mod'] : []),
    ...(press.altKey ? ['alt'] : []),
    ...((mac ? press.ctrlKey : press.metaKey) ? ['meta'] : []),
  ]
  return namesOf(press).map(({ name, shift }) => [...mods, ...(shift ? ['shift'] : []), name].join('+'))
}

function namesOf({ key, code, shiftKey }: Press): { name: string; shift: boolean }[] {
  if (/^[a-z]$/i.test(key)) return [{ name: key.toLowerCase(), shift: shiftKey }]
  // Signs carry their shift in themselves: `?` is `?` wherever it is.
  if (LISTED_SIGNS.has(key)) return [{ name: key, shift: false }, ...byPlace(code, shiftKey)]
  if (/^Key[A-Z]$/.test(code)) return [{ name: code.slice(3).toLowerCase(), shift: shiftKey }]
  const placed = byPlace(code, shiftKey)
  if (placed.length > 0) return placed
  return [{ name: key === ' ' ? 'space' : key.toLowerCase(), shift: shiftKey }]
}

function byPlace(code: string, shiftKey: boolean): { name: string; shift: boolean }[] {
  const sign = SIGNS[code]
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  return [
    ...(digit && !shiftKey ? [{ name: digit, shift: false }] : []),
    ...(sign && (shiftKey || !digit) ? [{ name: shiftKey ? sign.shifted : sign.plain, shift: false }] : []),
  ]
}

const SEQUENCE_MS = 1_200
const groups = new Set<{ acts: readonly KeyAct[] }>()
const listeners = new Set<() => void>()
let waiting: { first: string; until: number } | null = null

/** Adds keys; a later group's answer first, so that a dialog's keys hide the page's. @returns how to take them back */
export function addKeys(group: { acts: readonly KeyAct[] }): () => void {
  groups.add(group)
  for (const changed of listeners) changed()
  return () => {
    groups.delete(group)
    for (const changed of listeners) changed()
  }
}

/** Valid here and now, for the sheet. */
export const validKeys = (): KeyAct[] => [...groups].flatMap((group) => group.acts.filter((act) => !act.hidden))

export function onKeysChanged(changed: () => void): () => void {
  listeners.add(changed)
  return () => void listeners.delete(changed)
}

/** @returns true when somebody took it */
export function press(event: KeyboardEvent, now = Date.now()): boolean {
  // 229: an input method composes, in browsers that do not say so.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return false
  if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return false
  const inField = isField(event.target)
  const acts = [...groups].toReversed().flatMap((group) => group.acts)
  const chords = chordsOf(event, isMac())
  const first = waiting && waiting.until > now ? waiting.first : null
  waiting = null
  for (const chord of chords) {
    const wanted = first ? `${first} ${chord}` : chord
    const act = acts.find((each) => each.keys === wanted) ?? acts.find((each) => each.keys === chord)
    if (act && (!inField || act.inFields)) {
      event.preventDefault()
      act.run()
      return true
    }
    if (!inField && acts.some((each) => each.keys.startsWith(`${chord} `))) {
      waiting = { first: chord, until: now + SEQUENCE_MS }
      event.preventDefault()
      return true
    }
  }
  return false
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
}

const SHOWN: Record<string, string> = {
  shift: '⇧',
  alt: 'Alt',
  enter: '↵',
  escape: 'Esc',
  arrowdown: '↓',
  arrowup: '↑',
  arrowleft: '←',
  arrowright: '→',
  space: '␣',
}

/** `mod+k` → ['Ctrl', 'K'], `g i` → ['G', 'I']: to draw. */
export const shownKeys = (keys: string, mac = isMac()): string[] =>
  keys.split(/[ +]/).map((name) => (name === 'mod' ? (mac ? '⌘' : 'Ctrl') : (SHOWN[name] ?? name.toUpperCase())))
