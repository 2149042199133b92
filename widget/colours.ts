/** The site's colour as the chat uses it: what stands on it must be readable, and so must it be as text on our own ground. */
const channels = (hex: string): [number, number, number] =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number]

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const contrast = (one: number, other: number): number => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)

const mixed = (rgb: readonly number[], towards: number, share: number): number[] =>
  rgb.map((value) => Math.round(value + (towards - value) * share))

/** @returns what stands on the colour, and the colour as text on a light and on a dark ground */
export function coloursOf(hex: string): { on: string; onLight: string; onDark: string } {
  const rgb = channels(hex)
  const light = luminance(rgb)
  return {
    on: contrast(light, 1) >= contrast(light, 0.01) || contrast(light, 1) >= 4 ? '#ffffff' : '#101418',
    // Against the grounds of the team's bubbles, which are nearer to the colour than the panel's.
    onLight: readable(rgb, 0, 0.87),
    onDark: readable(rgb, 255, 0.026),
  }
}

/** Darkens or lightens until it can be read there. */
function readable(rgb: readonly number[], towards: number, ground: number): string {
  for (let share = 0; share < 1; share += 0.1) {
    const now = mixed(rgb, towards, share)
    if (contrast(luminance(now), ground) >= 4.5) return `rgb(${now.join(' ')})`
  }
  return towards === 0 ? '#101418' : '#ffffff'
}
