/**
 * The sign of a name where the name has no room: the same in the rail, in the lists and in the thread. Two letters of the first and
 * the last word, or the first two of a single one; quotes, signs and emoji are no letters.
 */
export function initials(name: string): string {
  const words = name
    .normalize('NFC')
    .split(/\s+/)
    .map((word) => Array.from(word.replace(/[^\p{L}\p{N}\p{M}]/gu, '')))
    .filter((word) => word.length > 0)
  const [first = [], last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  const letters = last ? [first[0], last[0]] : first.slice(0, 2)
  return letters.join('').toUpperCase() || '?'
}
