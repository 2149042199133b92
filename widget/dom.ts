/** Elements made by hand: no HTML is ever read from text, so nothing that anybody writes can become markup. */

type Child = Node | string | null | undefined | false
type Handlers = { [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => void }
type Attribute = string | number | boolean | null | undefined
type Given = Handlers & { [attribute: string]: Attribute | ((event: never) => void) }

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  given: Given = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  )
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

/** Strokes on a field of 24 × 24. */
export const ICONS = {
  chat: 'M21 11.500a8.400 8.400 0 0 1-8.500 8.300 8.800 8.800 0 0 1-3.900-.9L3 20.500l1.700-4.900A8.100 8.100 0 0 1 4 11.500 8.400 8.400 0 0 1 12.500 3.200 8.400 8.400 0 0 1 21 11.500Z',
  down: 'm6 9 6 6 6-6',
  close: 'M6 6l12 12M18 6 6 18',
  send: 'M5 12h13M12.500 5.500 19 12l-6.500 6.500',
  clip: 'm20 11.500-8.300 8.300a5.200 5.200 0 0 1-7.400-7.400l8.400-8.300a3.500 3.500 0 0 1 4.900 4.900l-8.300 8.300a1.700 1.700 0 0 1-2.400-2.400l7.600-7.600',
  more: 'M5.500 12h.01M12 12h.01M18.500 12h.01',
  file: 'M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5',
  load: 'M12 4v11m-4.500-4L12 15.500l4.500-4.500M5 19.500h14',
  play: 'M8 5.500v13l10.500-6.500z',
  pause: 'M8.500 5.500v13M15.500 5.500v13',
  place:
    'M12 21s7-6.200 7-11.500A7 7 0 0 0 5 9.500C5 14.800 12 21 12 21ZM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  one: 'm5 12.500 4.500 4.500L19 7.500',
  two: 'm2 12.500 4.500 4.500L16 7.500M11.500 16l1 1L22 7.500',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.500V12l3 2',
  elsewhere: 'M14 4h6v6M20 4l-8.500 8.500M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4',
  reply: 'M9.500 7 4.500 12l5 5M5 12h9a5.500 5.500 0 0 1 5.500 5.500V19',
  edit: 'm4.500 19.500 1-4.200L16 4.800a2 2 0 0 1 2.900 0l.4.4a2 2 0 0 1 0 2.800L8.700 18.500z',
  bin: 'M5 7h14M10 7V4.500h4V7M7 7l.8 12a1.500 1.500 0 0 0 1.500 1.400h5.400a1.500 1.500 0 0 0 1.500-1.400L17 7',
} as const

export function icon(name: keyof typeof ICONS): SVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', ICONS[name])
  svg.append(path)
  return svg
}

/** A button that shows an icon and says its name. */
export const iconButton = (name: keyof typeof ICONS, label: string, onclick: () => void, more: Given = {}) =>
  h('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick, ...more }, icon(name))
